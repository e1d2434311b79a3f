#include "build.h"

#include "commands/check_finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands/command_line.h"
#include "commands/terminal_text.h"
#include "support/log.h"

enum { TEXT_COLUMN = 19, FIX_COLUMN = 26 };

static const char *const words[] = {"pass", "warn", "fail"};
static const char *const colors[] = {"\033[32m", "\033[33m", "\033[31m"};

void findings_begin(struct findings *findings, bool json)
{
    const char *no_color = getenv("NO_COLOR");

    *findings = (struct findings){
        .json = json,
        .width = terminal_text_width(stdout),
        .color = isatty(STDOUT_FILENO) && !(no_color && *no_color),
    };
}

void findings_add(struct findings *findings, enum finding_verdict verdict, const char *subject,
                  const char *fix, const char *format, ...)
{
    char raw[1024], text[sizeof raw], fix_text[sizeof raw];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(raw, sizeof raw, format, arguments);
    va_end(arguments);
    log_copy_printable(text, sizeof text, raw);
    log_copy_printable(fix_text, sizeof fix_text, fix ? fix : "");
    findings->counts[verdict]++;
    if (findings->json) {
        command_line_print_json(json_pack("{s:s, s:s, s:s, s:s}", "check", subject, "verdict",
                                 words[verdict], "text", text, "fix", fix_text));
        return;
    }
    printf("%s%s%s  %-12s ", findings->color ? colors[verdict] : "", words[verdict],
           findings->color ? "\033[0m" : "", subject);
    terminal_text_wrap(stdout, text, TEXT_COLUMN, TEXT_COLUMN, findings->width);
    if (fix) {
        printf("      %-12s   fix: ", "");
        terminal_text_wrap(stdout, fix_text, FIX_COLUMN, FIX_COLUMN, findings->width);
    }
    fflush(stdout);
}

void findings_add_unasked(struct findings *findings, enum finding_verdict verdict,
                          const char *subject, const struct ask_answer *failure)
{
    bool lacks = failure->status == ASK_NOT_PERMITTED && failure->code != 0;

    findings_add(findings, verdict, subject,
                 lacks ? "give the key that permission in Twilio's console, if check is to see it" : NULL,
                 "cannot be asked: %s", failure->message);
}

void findings_end(const struct findings *findings)
{
    if (findings->json)
        command_line_print_json(json_pack("{s:i, s:i, s:i}", "pass", (int)findings->counts[FINDING_PASS],
                                 "warn", (int)findings->counts[FINDING_WARN], "fail",
                                 (int)findings->counts[FINDING_FAIL]));
    else
        printf("%u pass, %u warn, %u fail\n", findings->counts[FINDING_PASS],
               findings->counts[FINDING_WARN], findings->counts[FINDING_FAIL]);
}
