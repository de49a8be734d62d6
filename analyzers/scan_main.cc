// What does `quarrel scan` do?
int main() { return 2; }
