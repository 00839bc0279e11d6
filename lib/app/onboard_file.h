/* onboard_file.h - a script of sql/onboard that somebody filled in
 * SPDX-License-Identifier: Apache-2.0
 *
 * A copy of tenant.sql or remove.sql: \set lines at its top, and below a line
 * that says so what psql runs. Only the values are taken from it, as psql would
 * read them, so the part below has to be the one that the build embeds: else
 * psql would do something else with the same file. */
#ifndef APP_ONBOARD_FILE_H
#define APP_ONBOARD_FILE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define ONBOARD_BYTES_MAX ((size_t)512 * 1024)
#define ONBOARD_VALUES    64

/* The embedded texts of sql/onboard/tenant.sql and remove.sql. */
extern const char onboard_tenant[];
extern const char onboard_remove[];

struct onboard_file {
	const char *path;   /* as given, for what is said */
	const char *script; /* "tenant" or "remove" */
	size_t n;
	struct {
		const char *name;
		struct str text; /* UTF-8 */
		unsigned line;   /* 0: from the environment */
	} values[ONBOARD_VALUES];
};

/* onboard_file_read - all of it borrowed from a, and from path and text. false:
 * ERR_MALFORMED, with path, line and what to do there. */
bool onboard_file_read(struct onboard_file *f, struct arena *a,
    const char *path, struct str text, struct err *e);

/* onboard_file_add - a value that comes from elsewhere, unless the file has it
 * or its script knows none of that name. text: borrowed. */
void onboard_file_add(
    struct onboard_file *f, const char *name, const char *text);

/* onboard_file_value - STR_NONE: the file has none of that name. */
struct str onboard_file_value(const struct onboard_file *f, const char *name);

/* onboard_file_json - the values as one JSON object, borrowed from a. */
const char *onboard_file_json(const struct onboard_file *f, struct arena *a);

/* onboard_file_place - where to look when the database said this: "PATH:LINE"
 * of the value that it names or quotes, else "PATH". Borrowed from a. */
const char *onboard_file_place(
    const struct onboard_file *f, struct arena *a, const char *said);

#endif
