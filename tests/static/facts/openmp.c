// Which statements do OpenMP threads run, and what do they share?
// flags: -fopenmp
static long total;
static long counted;

struct stats {
  long hits[8];
  int done;
};

int sum(struct stats* stats, const int* values, int n) {
  int s = 0, i, shared = 0;
  long t = 0;
#pragma omp parallel for reduction(+ : s) private(t)
  for (i = 0; i < n; i++) {
    t = values[i];
    s += t;
    shared = 1;
    stats->hits[i % 8]++;
  }
#pragma omp parallel
  {
    int own = 0;
    own++;
#pragma omp critical(update)
    {
      total += own;
      stats->done++;
    }
#pragma omp atomic
    counted += 2;
#pragma omp barrier
    total++;
  }
#ifdef _OPENMP
  total = 0;
#endif
  return s + shared;
}
