/* command_say.h - what a verb answers, as text or as JSON
 * SPDX-License-Identifier: Apache-2.0
 *
 * A verb says named values and lists; the frame (app/command) prints them when
 * the verb is done. */
#ifndef APP_COMMAND_SAY_H
#define APP_COMMAND_SAY_H

#include "base/arena.h"
#include "base/enc.h"
#include "base/str.h"
#include "ext/db_rows.h"

struct command;

/* Named values of one object, in the order they are said. As text a line
 * each, `name: value`; in JSON members. Names are snake_case. */
void say_text(struct command *c, const char *name, const char *text);
void say_str(struct command *c, const char *name, struct str text);
void say_int(struct command *c, const char *name, int64_t n);
void say_bool(struct command *c, const char *name, bool b);
void say_time(struct command *c, const char *name, int64_t us);
void say_guid(struct command *c, const char *name, const struct guid *g);
void say_null(struct command *c, const char *name);

/* say_list - from here on the values are those of rows of a list `name`, each
 * closed by say_row; as text a table with the names as its head (of the first
 * row: all rows say the same names), in JSON an array of objects. say_list_end
 * goes back to single values. An empty list prints as "no NAME". */
void say_list(struct command *c, const char *name);
void say_row(struct command *c);
void say_list_end(struct command *c);

/* say_rows - a list of all rows that the database answered, every column under
 * its own name; only the column types that ext/db.h lists. */
void say_rows(struct command *c, const char *name, const struct db_rows *rows);

/* say_cell - one value of an answer under its column's name. */
void say_cell(
    struct command *c, const struct db_rows *rows, size_t r, size_t k);

/* say_secret - a value that appears this once: the bytes of the output are
 * wiped after printing. */
void say_secret(struct command *c, const char *name, const char *text);

/* say_note - a sentence for people, to standard error, not part of the
 * answer; nothing with --json. */
void say_note(struct command *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* say_flush - print what was said so far now, and forget it: for verbs that
 * go on. In JSON each flush is one line with one object. false: nobody reads
 * any more. */
bool say_flush(struct command *c);

/* say_forget - drop what was said since the last flush. */
void say_forget(struct command *c);

/* ---- for the frame ----------------------------------------------------------- */

struct say;

/* say_open - borrowed from a. */
struct say *say_open(struct arena *a, bool json);

/* command_say - the one of c. The frame defines it. */
struct say *command_say(struct command *c);

#endif
