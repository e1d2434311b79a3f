/*
 * The floor under every FastCGI responder of libfcgi's: answers 200 and does nothing. What a
 * front server and the protocol cost by themselves.
 */
#include <fcgiapp.h>
#include <stdlib.h>

int main(void)
{
    static const char answer[] = "Status: 200 OK\r\n"
                                 "Content-Type: application/json\r\n"
                                 "\r\n"
                                 "{\"result\":\"ignored\"}";
    char body[65536];
    FCGX_Request request;

    /* Otherwise libfcgi waits for its peer after each reply, which would make the floor low. */
    setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "0", 1);
    if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0)
        return 1;
    while (FCGX_Accept_r(&request) == 0) {
        while (FCGX_GetStr(body, sizeof body, request.in) == (int)sizeof body)
            ;
        FCGX_PutStr(answer, sizeof answer - 1, request.out);
        FCGX_Finish_r(&request);
    }
    return 0;
}
