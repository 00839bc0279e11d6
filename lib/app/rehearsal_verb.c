/* rehearsal_verb.c - the verbs of rehearsal as a command
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/rehearsal_verb.h"

#include "rehearsal/rehearsal_load.h"
#include "rehearsal/ward_make.h"

#define SEED_MAX 21 /* worlds of their own in all versions: ward_shape.h */

/* An option, or else the next word. */
static const char *
option_or_word(struct command *c, const char *option, const char *what)
{
	const char *value = command_option(c, option);

	return value ? value : command_word(c, what);
}

static bool
take_version(
    struct command *c, const char *name, enum fhir_version *v, struct err *e)
{
	return !name || version_named(v, str_of(name)) ||
	       command_misused(c, e,
		   "\"%.80s\" is no FHIR version: DSTU2, STU3 or R4.", name);
}

static bool
take_seed(struct command *c, unsigned *seed, struct err *e)
{
	int64_t n;

	if (!command_number(c, "--seed", 1, SEED_MAX, 1, &n, e))
		return false;
	*seed = (unsigned)n;
	return true;
}

static void
say_done(struct command *c, const char *fhir, unsigned resources)
{
	say_text(c, "fhir", fhir);
	say_int(c, "resources", resources);
}

static bool
load(struct command *c, struct err *e)
{
	const char *ward, *fhir;
	struct rehearsal_load ask = { .folder = NULL };
	struct rehearsal_loaded done;
	struct db *db;

	if (!take_seed(c, &ask.seed, e))
		return false;
	ward = option_or_word(c, "--ward", "The ward's name");
	fhir = option_or_word(c, "--fhir", "The FHIR version");
	ask.folder = command_word(c, NULL);
	if (!take_version(c, fhir, &ask.version, e) || !command_end(c, e))
		return false;
	ask.ward = str_of(ward);
	if (!(db = command_db(c, e)) || !rehearsal_load(db, &ask, &done, e))
		return false;
	say_text(c, "ward", ward);
	say_done(c, version_name(ask.version), done.resources);
	say_int(c, "terms", done.terms);
	return true;
}

static bool
list(struct command *c, struct err *e)
{
	const struct db_rows *rows;

	if (!command_end(c, e) ||
	    !(rows = command_ask(c, "rehearsal_wards", NULL, 0, e)))
		return false;
	say_rows(c, "wards", rows);
	return true;
}

static bool
make(struct command *c, struct err *e)
{
	const char *fhir, *folder;
	enum fhir_version v = FHIR_R4;
	unsigned seed, resources;

	if (!take_seed(c, &seed, e))
		return false;
	fhir = option_or_word(c, "--fhir", "The FHIR version");
	folder = command_word(c, "The folder");
	if (!take_version(c, fhir, &v, e) || !command_end(c, e) ||
	    !ward_make(command_arena(c), v, seed, folder, &resources, e))
		return false;
	say_text(c, "folder", folder);
	say_done(c, version_name(v), resources);
	return true;
}

/* clang-format off */
const struct command_verb rehearsal_verbs[] = {
	{ "load", load, AS_REHEARSAL, "[--seed N] WARD DSTU2|STU3|R4 [DIR]",
	  "replace a ward by the NDJSON files of a folder, or by made-up people" },
	{ "list", list, AS_REHEARSAL, "",
	  "the wards that there are" },
	{ "make", make, AS_NOBODY, "[--seed N] DSTU2|STU3|R4 DIR",
	  "write made-up people as NDJSON files" },
};
/* clang-format on */
const size_t rehearsal_verbs_n = COUNT(rehearsal_verbs);
