#include "build.h"

#include "diagnosis/diagnosis_words.h"

#define PASS_ON \
    "let the front hand the request itself to the responder (FastCGI, proxy_pass, ProxyPass) " \
    "instead of a program that reads the form and sends another"
#define NOT_TWILIO \
    "this was not signed by Twilio itself: correct the program that signs, by " \
    "`twilio-autojoin sign`"

static const struct diagnosiswords forms[FORM_CHANGES] = {
    [FORM_CHANGE_NONE] = {"", "", ""},
    [FORM_CHANGE_NAMES] = {"names", "\".\" in parameter names became \"_\" on the way, as PHP does",
                           PASS_ON},
    [FORM_CHANGE_BRACKETS] = {"brackets",
                              "repeated parameters got \"[...]\" behind their names on the way",
                              PASS_ON},
    [FORM_CHANGE_PLUS] = {"plus", "\"+\" and blanks in values were confused on the way", PASS_ON},
    [FORM_CHANGE_TWICE] = {"encoded-twice", "values were encoded or escaped twice on the way",
                           PASS_ON},
    [FORM_CHANGE_CHARSET] = {"charset", "UTF-8 in values was taken for Latin-1 on the way",
                             PASS_ON},
    [FORM_CHANGE_LINES] = {"line-ends", "line ends in values were changed on the way", PASS_ON},
    [FORM_CHANGE_JOINED] = {"joined", "repeated parameters were joined by commas on the way",
                            PASS_ON},
    [FORM_CHANGE_REPEATS] = {"repeats", "of repeated parameters only one was passed on", PASS_ON},
    [FORM_CHANGE_TRIMMED] = {"trimmed", "blanks around a value were trimmed on the way", PASS_ON},
    [FORM_CHANGE_ADDED] = {"parameter-added", "a parameter was added on the way", PASS_ON},
    [FORM_CHANGE_LOST] = {"parameter-lost", "a parameter was dropped on the way", PASS_ON},
    [FORM_CHANGE_EMPTY] = {"empty", "empty parameters were dropped or added on the way", PASS_ON},
    [FORM_CHANGE_UNSIGNED] = {"unsigned",
                              "only the URL was signed, not the body: as of a GET or of JSON",
                              "set the webhook's method to POST at Twilio, and let nothing on the "
                              "way change the method or the Content-Type"},
    [FORM_CHANGE_SIGNED_FIRST] = {"signed-first",
                                  "of repeated parameters only the first was signed", NOT_TWILIO},
    [FORM_CHANGE_SIGNED_LAST] = {"signed-last", "of repeated parameters only the last was signed",
                                 NOT_TWILIO},
    [FORM_CHANGE_SIGNED_JOINED] = {"signed-joined",
                                   "repeated parameters were signed as one with commas",
                                   NOT_TWILIO},
    [FORM_CHANGE_SIGNED_ONCE] = {"signed-once",
                                 "a repeated parameter's name was signed only once", NOT_TWILIO},
    [FORM_CHANGE_SIGNED_EQUALS] = {"signed-equals",
                                   "equal parameters were signed as often as they are there",
                                   NOT_TWILIO},
    [FORM_CHANGE_SIGNED_ORDER] = {"signed-order",
                                  "the parameters were signed in another order than by name and "
                                  "then value, byte by byte",
                                  NOT_TWILIO},
    [FORM_CHANGE_SIGNED_NAMES] = {"signed-names",
                                  "the parameters were signed with \"_\" for \".\" in their names",
                                  NOT_TWILIO},
    [FORM_CHANGE_SIGNED_TRIMMED] = {"signed-trimmed", "the values were signed trimmed",
                                    NOT_TWILIO},
    [FORM_CHANGE_SIGNED_ENCODED] = {"signed-encoded",
                                    "the values were signed percent-encoded instead of decoded",
                                    NOT_TWILIO},
};

static const struct diagnosiswords findings[] = {
    [FINDING_NONE] = {"unknown",
                      "no known alteration explains it: the body was altered in some other way, or "
                      "it was signed with a token or for a URL that nothing here tells of",
                      "compare the URL at Twilio byte for byte with the one above, give it by "
                      "AUTOJOIN_PUBLIC_URL with user and password if it has them, and try the "
                      "account's other token by --token-file"},
    [FINDING_URL] = {"no-url", "the request names no usable URL",
                     "set AUTOJOIN_PUBLIC_URL to the webhook's URL as it stands at Twilio"},
    [FINDING_NO_SIGNATURE] = {"no-signature", "there is no X-Twilio-Signature",
                              "let the front pass the header on; without it the request is not "
                              "Twilio's"},
    [FINDING_BODY_MISSING] = {"body-missing",
                              "the body is missing: it was lost on the way, as by a redirect that "
                              "turns POST into GET",
                              "set the URL at Twilio to where the redirect leads, and the method "
                              "to POST"},
    [FINDING_ACCOUNT] = {"account",
                         "the AccountSid in it is not TWILIO_ACCOUNT_SID: every account and "
                         "subaccount signs with its own auth token",
                         "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN to those of the account "
                         "that the webhook is set up in"},
    [FINDING_TOKEN_SHAPE] = {"token-shape",
                             "TWILIO_AUTH_TOKEN is not 32 hex digits, so it is no auth token: an "
                             "API key's secret cannot verify webhooks",
                             "set TWILIO_AUTH_TOKEN to the account's auth token from the Twilio "
                             "Console, and give the API key as TWILIO_API_KEY and "
                             "TWILIO_API_SECRET"},
    [FINDING_NAMES] = {"names-and-more",
                       "names with \"_\" for \".\" show that a program such as PHP wrote the form "
                       "anew, and more was lost with that",
                       PASS_ON},
    [FINDING_SIGNATURE_SHAPE] = {"signature-shape",
                                 "X-Twilio-Signature is not 28 characters of base64, so it was cut "
                                 "or rewritten, or made by another algorithm",
                                 "let the front pass the header on as it is"},
    [FINDING_HASHED_BODY] = {"body-altered",
                             "URL and token are right, and the body is not the one of bodySHA256: "
                             "it was altered on the way",
                             "let the front hand the JSON body on byte for byte"},
};

const struct diagnosiswords *diagnosiswords_form(enum form_change change)
{
    return &forms[change];
}

const struct diagnosiswords *diagnosiswords_finding(enum diagnosis_finding finding)
{
    return &findings[finding];
}
