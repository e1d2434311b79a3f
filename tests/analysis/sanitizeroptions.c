/*
 * Compiled into the programs of make check-asan: a web server gives a CGI program no ASAN_OPTIONS, and
 * writes what it says on standard error who knows where. What is found goes to files of its own.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
void __ubsan_on_report(void);
/* Weak: configure links its trials without sanitizers. */
__attribute__((weak)) void __ubsan_get_current_report_data(const char **kind, const char **message,
                                                           const char **file, unsigned *line,
                                                           unsigned *column, char **address);

const char *__asan_default_options(void)
{
    return "log_path=" REPORTS ":exitcode=99:detect_stack_use_after_return=1:strict_string_checks=1:"
           "check_initialization_order=1:allocator_may_return_null=1";
}

const char *__ubsan_default_options(void)
{
    return "exitcode=99:print_stacktrace=1";
}

/* gcc's two libraries export the same names, so that UndefinedBehaviorSanitizer's log_path would be set
 * for AddressSanitizer. */
void __ubsan_on_report(void)
{
    const char *kind, *message, *file;
    unsigned line, column;
    char *address, path[512];
    int descriptor;

    __ubsan_get_current_report_data(&kind, &message, &file, &line, &column, &address);
    snprintf(path, sizeof path, "%s.undefined.%ld", REPORTS, (long)getpid());
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor < 0)
        return;
    dprintf(descriptor, "%s:%u:%u: runtime error: %s\n", file, line, column, message);
    close(descriptor);
}
