/* Text for people, wrapped to the terminal that they read it on. What goes elsewhere is not wrapped anew: programs
 * and pipes read whole lines. */
#ifndef AUTOJOIN_COMMANDS_TERMINAL_TEXT_H
#define AUTOJOIN_COMMANDS_TERMINAL_TEXT_H

#include <stdio.h>

/* Columns of the terminal that `out` is, 40 to 100; 0 if it is none, or does not tell (TIOCGWINSZ). */
unsigned terminal_text_width(FILE *out);

/* Lines of it; 0 if it is none, or does not tell. */
unsigned terminal_text_height(FILE *out);

/* Draws a page over the last one, from the top left corner: a screen that is cleared first flickers. The last line
 * feed, which would move all up, is left out. */
void terminal_text_redraw(FILE *out, const char *page);

/* Prints text and a line feed. On a terminal it is wrapped between words: `column` is where the first line begins,
 * `hang` where those after it do. A word that is longer than a line is not cut: it may be pasted. */
void terminal_text_print(FILE *out, const char *text, unsigned column, unsigned hang);

/* The same for a terminal of that width, whatever `out` is; 0: it is not wrapped. */
void terminal_text_wrap(FILE *out, const char *text, unsigned column, unsigned hang, unsigned width);

/* Prints a usage text in 80 columns, or fewer where the terminal has fewer: paragraphs are filled anew, options keep
 * the column of their explanation. Lines that begin with four blanks or more and follow a blank line or another such
 * one, which are examples, stay as they are. */
void terminal_text_print_usage(FILE *out, const char *usage);

#endif
