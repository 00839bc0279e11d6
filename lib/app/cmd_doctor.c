/* cmd_doctor.c - wardgate doctor: finds the classic faults of an installation
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/cmd_doctor.h"

#include "app/doctor.h"
#include "app/health.h"
#include "base/clock.h"
#include "gate/keys.h"

#define SOCKETS "/run/wardgate"

/* ---- the database ---------------------------------------------------------------- */

static void
look_at_ready(struct doctor *d, const struct db_rows *rows)
{
	struct arena *a = command_arena(d->c);
	size_t r;

	for (r = 0; r < db_count(rows); r++) {
		bool ok = db_bool(rows, r, 1);
		const char *why = str_text(a, db_text(rows, r, 2));

		doctor_say(d,
		    arena_printf(
			a, "database: %s", str_text(a, db_text(rows, r, 0))),
		    ok ? DOCTOR_OK : DOCTOR_FAULT, why,
		    ok ? NULL : doctor_cure(db_text(rows, r, 0)));
	}
}

static enum doctor_state
state_of(struct str word)
{
	return str_is(word, "ok")        ? DOCTOR_OK
	       : str_is(word, "warning") ? DOCTOR_WARNING
	                                 : DOCTOR_FAULT;
}

static void
look_inside(struct doctor *d)
{
	struct arena *a = command_arena(d->c);
	struct err e = { .kind = ERR_NONE };
	int64_t before = clock_now_us(), after;
	const struct db_rows *rows = command_ask(d->c, "doctor", NULL, 0, &e);
	size_t r;

	after = clock_now_us();
	if (!rows) {
		doctor_say(d, "database", DOCTOR_FAULT, *e.why ? e.why : e.said,
		    "see the server's log");
		return;
	}
	doctor_clock(d, "the database", db_time(rows, 0, 4), before, after);
	for (r = 0; r < db_count(rows); r++)
		doctor_say(d,
		    arena_printf(
			a, "database: %s", str_text(a, db_text(rows, r, 0))),
		    state_of(db_text(rows, r, 1)),
		    str_text(a, db_text(rows, r, 2)),
		    db_null(rows, r, 3) ? NULL
					: str_text(a, db_text(rows, r, 3)));
}

/* ---- signing keys ------------------------------------------------------------------ */

/* A key's half on this host, which the database says to be in use. */
static void
look_at_half(struct doctor *d, const char *dir, const char *kid, bool private)
{
	struct err e = { .kind = ERR_NONE };
	struct jws_key *k = keys_file(dir, kid, private, &e);

	if (k)
		doctor_say(d, private ? "key that signs" : "its public half",
		    DOCTOR_OK,
		    arena_printf(command_arena(d->c), "%s, here", kid), NULL);
	else
		doctor_say(d, private ? "key that signs" : "its public half",
		    DOCTOR_FAULT, e.said,
		    "copy the file from the host that made it, or `wardgate "
		    "key rotate` here");
	jws_key_free(k);
}

/* The key in use; NULL: none, or not known. */
static const char *
look_at_keys(struct doctor *d)
{
	struct err e = { .kind = ERR_NONE };
	const struct db_rows *rows =
	    command_ask(d->c, "signing_key_list", NULL, 0, &e);
	const char *kid = NULL;
	size_t r;

	for (r = 0; rows && r < db_count(rows) && !kid; r++)
		if (str_is(db_text(rows, r, 1), "use"))
			kid =
			    str_text(command_arena(d->c), db_text(rows, r, 0));
	if (!kid) {
		doctor_say(d, "key that signs", DOCTOR_FAULT,
		    rows ? "no key is in use" : "not known",
		    rows ? "wardgate key make signing"
			 : "mend the database first");
		return NULL;
	}
	look_at_half(d, d->conf->signing_key_dir, kid, true);
	look_at_half(d, d->conf->public_key_dir, kid, false);
	return kid;
}

static const char *
look_at_database(struct doctor *d)
{
	const struct db_arg range[] = { db_arg_int(HEALTH_SCHEMA_LOWEST),
		db_arg_int(HEALTH_SCHEMA_HIGHEST) };
	struct err e = { .kind = ERR_NONE };
	const struct db_rows *rows = command_ask(d->c, "ready", range, 2, &e);

	if (!rows) {
		doctor_say(d, "database", DOCTOR_FAULT, *e.why ? e.why : e.said,
		    "check `database` in the settings, the server, and that "
		    "wg_operator may log in; an empty one needs `wardgate "
		    "migrate apply`");
		return NULL;
	}
	doctor_say(d, "database", DOCTOR_OK, "it answers", NULL);
	look_at_ready(d, rows);
	look_inside(d);
	doctor_seal(d);
	doctor_tls(d);
	return look_at_keys(d);
}

/* ---- the verb ------------------------------------------------------------------------ */

static bool
verdict(const struct doctor *d, struct err *e)
{
	unsigned faults = d->count[DOCTOR_FAULT];

	say_int(d->c, "faults", faults);
	say_int(d->c, "warnings", d->count[DOCTOR_WARNING]);
	say_int(d->c, "unseen", d->count[DOCTOR_UNSEEN]);
	return !faults || err_set(e, ERR_CONFLICT, "%u %s found.", faults,
			      faults == 1 ? "fault" : "faults");
}

bool
doctor_tell(struct command *c, struct err *e)
{
	struct doctor d = { .c = c };
	const char *sockets = command_option(c, "--sockets"), *kid;
	bool offline = command_flag(c, "--offline");

	if (!command_end(c, e) || !(d.conf = command_conf(c, e)))
		return false;
	say_list(c, "findings");
	doctor_files(&d);
	doctor_sockets(&d, sockets ? sockets : SOCKETS);
	kid = look_at_database(&d);
	if (!offline)
		doctor_base(&d, kid);
	say_list_end(c);
	return verdict(&d, e);
}
