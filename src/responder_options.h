/* How the responder was started: by whom, and with which command line. */
#ifndef AUTOJOIN_RESPONDER_OPTIONS_H
#define AUTOJOIN_RESPONDER_OPTIONS_H

#include "gateway/listener.h"

enum responder_mode {
    RESPONDER_CGI,
    RESPONDER_FASTCGI,      /* on `descriptor` */
    RESPONDER_LISTEN,       /* as `listener` says */
    RESPONDER_CHECK_CONFIG,
    RESPONDER_DONE          /* nothing left to do: exit with `status` */
};

struct responder_options {
    enum responder_mode mode;
    int descriptor;
    struct listener_options listener; /* borrows argv */
    int status;
};

/* Reads how we were started; prints help, version or usage where asked for. Started by a web server,
 * argv is not looked at: CGI turns "?a+b" into arguments (RFC 3875, 4.4). */
void responder_options_read(struct responder_options *options, int argc, char **argv);

#endif
