// Are quantiles of waits right within the width of a bucket?
#include "join/wait_histogram.h"

#include <gtest/gtest.h>

namespace quarrel {
namespace {

LockStats stats_with(unsigned bucket, uint64_t count) {
  LockStats stats;
  stats.histogram.assign(WaitHistogramShape::kBuckets, 0);
  stats.histogram[bucket] = count;
  return stats;
}

TEST(WaitHistogram, BucketsGrowByQuartersOfAPowerOfTwo) {
  EXPECT_EQ(bucket_start_ns(0), 0u);
  EXPECT_EQ(bucket_start_ns(1), 640u);
  EXPECT_EQ(bucket_start_ns(4), 1024u);
  EXPECT_EQ(bucket_start_ns(WaitHistogramShape::kBuckets), uint64_t{1} << 38);
}

TEST(WaitHistogram, FindsTheBucketThatHoldsTheQuantile) {
  WaitHistogram histogram;
  histogram.add(stats_with(4, 98));  // about 1 us
  histogram.add(stats_with(44, 2));  // about 1 ms
  const uint64_t p50 = histogram.quantile_ns(0.50, UINT64_MAX);
  const uint64_t p99 = histogram.quantile_ns(0.99, UINT64_MAX);
  EXPECT_GE(p50, bucket_start_ns(4));
  EXPECT_LE(p50, bucket_start_ns(5));
  EXPECT_GE(p99, bucket_start_ns(44));
  EXPECT_LE(p99, bucket_start_ns(45));
}

TEST(WaitHistogram, NeverExceedsTheLongestWait) {
  WaitHistogram histogram;
  histogram.add(stats_with(WaitHistogramShape::kBuckets - 1, 1));
  EXPECT_EQ(histogram.quantile_ns(0.99, 1000), 1000u);
}

TEST(WaitHistogram, IsZeroWithoutWaits) {
  EXPECT_EQ(WaitHistogram().quantile_ns(0.99, 1000), 0u);
}

}  // namespace
}  // namespace quarrel
