/*
 * webhook/signature: how long a comparison takes tells nothing of the true signature.
 *
 * After dudect (Reparaz, Balasch, Verbauwhede: "Dude, is my code constant time?", 2017): two
 * classes of wrong signatures, in random order through the same memory; one is wrong in its first
 * character, the other is right but for its last. Welch's t-test of the times, of which the slow
 * ones (interrupts, another process) are cut off. |t| above 10 is a leak; the median of several
 * rounds keeps chance out of it. That the method would find a leak is shown by planting one.
 */
#include "build.h"

#include "cases.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "webhook/signature.h"

/* What is there may be looked for often. Each try more of what is not there could pass over what is. */
enum { SAMPLES = 200000, ROUNDS = 5, TRIES = 3, PLANT_TRIES = 25 };

static const double leak = 10.0;

/* What signature.c compares with is this one, which stands before libcrypto's own. */
typedef int comparison_fn(const void *a, const void *b, size_t length);
static comparison_fn *comparison;
static unsigned comparisons;

int CRYPTO_memcmp(const void *a, const void *b, size_t length)
{
    comparisons++;
    return comparison(a, b, length);
}

static int memcmp_by_bytes(const void *a, const void *b, size_t length)
{
    const volatile unsigned char *left = a, *right = b;
    size_t i;

    for (i = 0; i < length; i++)
        if (left[i] != right[i])
            return 1;
    return 0;
}

/* Signatures are 28 or 44 bytes. */
static int memcmp_by_words(const void *a, const void *b, size_t length)
{
    const char *left = a, *right = b;
    size_t i;

    for (i = 0; i < length; i += 4) {
        volatile uint32_t words[2];

        memcpy((void *)(uintptr_t)&words[0], left + i, 4);
        memcpy((void *)(uintptr_t)&words[1], right + i, 4);
        if (words[0] != words[1])
            return 1;
    }
    return 0;
}

static uint64_t seed;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static uint64_t now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
}

static struct {
    struct signature_keys *keys;
    struct public_url_candidates urls;
    struct signature_parameters parameters;
    struct signature_candidates by;
    size_t length; /* of a signature */
    char classes[2][SIGNATURE_SIZE];
} judged;

static void prepare(void)
{
    static const char *const token[] = {"0123456789abcdef0123456789abcdef"};
    static const char url[] = "https://h.example/";

    judged.keys = signature_keys_new(token, 1);
    assert_non_null(judged.keys);
    assert_true(signature_keys_add_shared(judged.keys, "k", "q3Vt7Yx0Zb2Nc4Md6Lf8Kh1Jg5Pw9RsTuVwXyZaBc="));
    assert_true(public_url_vary_port(&judged.urls, url, sizeof url - 1));
}

/* The classes of one key by one algorithm; candidates are both keys. */
static void judge_by(size_t key, enum signature_algorithm algorithm)
{
    char *right = judged.classes[1];

    judged.by = (struct signature_candidates){3, algorithm};
    judged.length = signature_length(algorithm);
    assert_true(signature_compute(judged.keys, key, algorithm, &judged.urls.urls[0], &judged.parameters, right));
    memcpy(judged.classes[0], right, SIGNATURE_SIZE);
    judged.classes[0][0] ^= 1;
    judged.classes[1][judged.length - 1] ^= 1;
}

static uint32_t times[SAMPLES];
static unsigned char class_of[SAMPLES];

static void take_samples(void)
{
    char given[SIGNATURE_SIZE];
    size_t i;

    for (i = 0; i < SAMPLES; i++) {
        uint64_t from, took;

        class_of[i] = (unsigned char)(next_random() >> 32 & 1);
        memcpy(given, judged.classes[class_of[i]], sizeof given);
        from = now_ns();
        if (signature_matches(judged.keys, &judged.by, judged.urls.urls, 1, &judged.parameters, given, NULL))
            abort();
        took = now_ns() - from;
        times[i] = took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
    }
}

static int by_size(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

/* Welch's t of those that took no longer than three quarters did. */
static double t_of_samples(void)
{
    static uint32_t sorted[SAMPLES];
    double count[2] = {0, 0}, mean[2] = {0, 0}, squares[2] = {0, 0};
    uint32_t limit;
    size_t i;

    memcpy(sorted, times, sizeof times);
    qsort(sorted, SAMPLES, sizeof sorted[0], by_size);
    limit = sorted[SAMPLES / 4 * 3];
    for (i = 0; i < SAMPLES; i++) {
        unsigned which = class_of[i];
        double difference = times[i] - mean[which];

        if (times[i] > limit)
            continue;
        count[which] += 1;
        mean[which] += difference / count[which];
        squares[which] += difference * (times[i] - mean[which]);
    }
    return (mean[1] - mean[0]) / sqrt(squares[0] / (count[0] - 1) / count[0] +
                                      squares[1] / (count[1] - 1) / count[1]);
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static double median_t(void)
{
    double found[ROUNDS];
    size_t i;

    for (i = 0; i < ROUNDS; i++) {
        take_samples();
        found[i] = t_of_samples();
    }
    qsort(found, ROUNDS, sizeof found[0], by_value);
    return found[ROUNDS / 2];
}

/* Whether times differ, as often as asked: a machine with much else to do hides what there is for a
 * while, and never makes what there is not. */
static bool leaks(const char *name, unsigned tries, bool expected)
{
    unsigned i;

    for (i = 0; i < tries; i++) {
        double t = median_t();

        print_message("%s: t = %.1f\n", name, t);
        if ((fabs(t) > leak) == expected)
            return expected;
    }
    return !expected;
}

static bool under_valgrind(void)
{
    const char *preloaded = getenv("LD_PRELOAD");

    return preloaded && strstr(preloaded, "vgpreload");
}

/* Where the signature is the first or the last candidate's. */
static const struct kind {
    const char *name;
    size_t key;
    enum signature_algorithm algorithm;
} kinds[] = {
    {"an auth token by HMAC_SHA1", 0, SIGNATURE_SHA1},
    {"a SharedKey by HMAC_SHA1", 1, SIGNATURE_SHA1},
    {"a SharedKey by HMAC_SHA256", 1, SIGNATURE_SHA256},
};

static void the_time_tells_nothing_of_the_signature(void **state)
{
    const struct kind *row = *state;

    if (under_valgrind())
        skip(); /* its time is not ours */
    judge_by(row->key, row->algorithm);
    *(void **)&comparison = dlsym(RTLD_NEXT, "CRYPTO_memcmp");
    assert_non_null(comparison);
    comparisons = 0;
    assert_false(leaks(row->name, TRIES, false));
    assert_true(comparisons >= SAMPLES);
}

/* As C libraries have it. glibc's own, where it has AVX2, takes 28 bytes in one go, so that there is
 * nothing to be found; whoever puts it into signature.c is found by the count of comparisons. */
static const struct plant {
    const char *name;
    comparison_fn *compares;
    enum signature_algorithm algorithm;
} plants[] = {
    {"a planted memcmp() that goes byte by byte is found", memcmp_by_bytes, SIGNATURE_SHA1},
    {"a planted memcmp() that goes word by word is found", memcmp_by_words, SIGNATURE_SHA1},
    {"the same by bytes, of HMAC_SHA256", memcmp_by_bytes, SIGNATURE_SHA256},
    {"the same by words, of HMAC_SHA256", memcmp_by_words, SIGNATURE_SHA256},
};

static void a_plant_is_found(void **state)
{
    const struct plant *row = *state;

    if (under_valgrind())
        skip();
    comparison = row->compares;
    judge_by(0, row->algorithm);
    assert_true(leaks(row->name, PLANT_TRIES, true));
}

int main(void)
{
    static struct cases cases;
    int status;

    seed = now_ns() ^ (uint64_t)getpid() << 32;
    print_message("seed %llu\n", (unsigned long long)seed);
    prepare();
    CASES_ADD_TABLE(&cases, the_time_tells_nothing_of_the_signature, kinds);
    CASES_ADD_TABLE(&cases, a_plant_is_found, plants);
    status = cases_run(&cases, "webhook/signature, its times");
    signature_keys_free(judged.keys);
    return status;
}
