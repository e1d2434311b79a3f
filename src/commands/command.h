/* The commands of the operator's tool: each takes its own command line and returns an exit status. */
#ifndef AUTOJOIN_COMMANDS_COMMAND_H
#define AUTOJOIN_COMMANDS_COMMAND_H

/* Exit statuses besides sysexits(3)'s: 0 all is well, 1 something is left to do or wrong. */
enum { COMMAND_OK = 0, COMMAND_LEFT = 1 };

/* argv[0] is the command's name. */
int check_command(int argc, char **argv);
int drain_command(int argc, char **argv);
int explain_command(int argc, char **argv);
int init_command(int argc, char **argv);
int probe_command(int argc, char **argv);
int reconcile_command(int argc, char **argv);
int report_command(int argc, char **argv);
int setup_command(int argc, char **argv);
int sign_command(int argc, char **argv);
int stats_command(int argc, char **argv);
int status_command(int argc, char **argv);

#endif
