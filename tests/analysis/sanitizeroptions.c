/*
 * Compiled into the programs of make check-asan: a web server gives a CGI program no ASAN_OPTIONS, and
 * writes what it says on standard error who knows where. What is found goes to files of its own.
 */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "log_path=" REPORTS ":exitcode=99:detect_stack_use_after_return=1:strict_string_checks=1:"
           "check_initialization_order=1:allocator_may_return_null=1";
}

const char *__ubsan_default_options(void);

const char *__ubsan_default_options(void)
{
    return "print_stacktrace=1";
}
