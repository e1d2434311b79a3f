/*
 * Runs a fuzz target over files, without libFuzzer: `make check` replays each target's corpus, so
 * that any compiler builds it and what a fuzzer once found stays found.
 *
 * Without arguments: the corpus of the program's own name (fuzz_form: tests/fuzz/corpora/form in
 * the source tree, which automake's test driver names in `srcdir`). Every input is also given cut
 * in half, as neither a seed nor a finding ever ends at a good place.
 */
#include "build.h"

#include "property.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

enum { INPUT_LIMIT = 4 * 1024 * 1024 };

/* In a block of its own size, so that a sanitizer sees a read behind its end. */
static void run(const unsigned char *bytes, size_t length)
{
    unsigned char *copy = malloc(length > 0 ? length : 1);

    if (!copy)
        abort();
    memcpy(copy, bytes, length);
    LLVMFuzzerTestOneInput(copy, length);
    free(copy);
}

static void replay_file(const char *path)
{
    static unsigned char bytes[INPUT_LIMIT];
    FILE *file = fopen(path, "rb");
    size_t length;

    if (!file) {
        perror(path);
        exit(99);
    }
    length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    /* The last line of the log tells which input it was. */
    fprintf(stderr, "%s\n", path);
    run(bytes, length);
    run(bytes, length / 2);
}

static unsigned replay(const char *path)
{
    char inside[4096];
    unsigned count = 0;
    struct dirent *entry;
    DIR *directory = opendir(path);

    if (!directory) {
        replay_file(path);
        return 1;
    }
    while ((entry = readdir(directory))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
        replay_file(inside);
        count++;
    }
    closedir(directory);
    return count;
}

int main(int argc, char **argv)
{
    const char *name = strrchr(argv[0], '/'), *srcdir = getenv("srcdir");
    char corpus[4096];
    unsigned count = 0;
    int i;

    name = name ? name + 1 : argv[0];
    for (i = 1; i < argc; i++)
        count += replay(argv[i]);
    if (argc == 1 && strncmp(name, "fuzz_", 5) == 0) {
        snprintf(corpus, sizeof corpus, "%s/tests/fuzz/corpora/%s", srcdir ? srcdir : ".", name + 5);
        count = replay(corpus);
    }
    printf("%s: %u inputs\n", name, count);
    return count > 0 ? 0 : 99;
}
