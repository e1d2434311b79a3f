/*
 * The floor under every CGI program that links what the responder links: the dynamic linker's
 * work and an answer, nothing else. Linked with -Wl,--no-as-needed.
 */
#include <stdio.h>

int main(void)
{
    fputs("Status: 403 Forbidden\r\nContent-Type: application/json\r\n\r\n{}", stdout);
    return 0;
}
