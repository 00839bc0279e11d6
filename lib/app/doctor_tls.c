/* doctor_tls.c - certificates that end, of hospitals that want more than usual
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/doctor.h"

#include "base/clock.h"
#include "ext/cert.h"

#define SUBJECT     "certificates"
#define SOON_S      (30 * 86400) /* a hospital needs its time for a new one */
#define SOON_LIST_S (2 * 86400)  /* lists come every few days */

enum { SLUG, TENANT, CHAIN, CA }; /* columns of doctor_certificates */

/* What stands in `tenant.sql`. */
static const struct text {
	size_t column;
	const char *what, *act;
} texts[] = {
	{ CHAIN, "our certificate for",
	    "get a new one, seal its key (wardgate seal --certificate-key "
	    "%s), and give both" },
	{ CA, "the CA or the revocation list of the server of",
	    "get a new one from the hospital, and give it as provider_ca of "
	    "%s" },
};

/* The one that ends first; NULL: none, or none that can be read. */
static const struct cert_facts *
first_to_end(struct arena *a, struct str pem)
{
	struct err e = { .kind = ERR_NONE };
	const struct cert_facts *f, *first = NULL;
	size_t i, n = 0;

	if (!pem.len || !(f = cert_facts(a, pem, &n, &e)))
		return NULL;
	for (i = 0; i < n; i++)
		if (f[i].ends_s && (!first || f[i].ends_s < first->ends_s))
			first = &f[i];
	return first;
}

/* true: nothing to be said. */
static bool
look_at(struct doctor *d, const struct db_rows *rows, size_t r,
    const struct text *t)
{
	struct arena *a = command_arena(d->c);
	const struct cert_facts *f =
	    first_to_end(a, db_text(rows, r, t->column));
	struct guid tenant = db_guid(rows, r, TENANT);
	char id[GUID_LEN + 1], at[CLOCK_TEXT_LEN];
	int64_t left_s;

	if (!f)
		return true;
	left_s = f->ends_s - clock_now_s();
	if (left_s > (f->list ? SOON_LIST_S : SOON_S))
		return true;
	doctor_say(d, SUBJECT, left_s <= 0 ? DOCTOR_FAULT : DOCTOR_WARNING,
	    arena_printf(a, "%s %.*s %s on %s", t->what,
		STR_FMT(db_text(rows, r, SLUG)), left_s <= 0 ? "ended" : "ends",
		clock_text(at, f->ends_s * 1000000)),
	    arena_printf(a, t->act, guid_write(id, &tenant)));
	return false;
}

void
doctor_tls(struct doctor *d)
{
	struct err e = { .kind = ERR_NONE };
	const struct db_rows *rows =
	    command_ask(d->c, "doctor_certificates", NULL, 0, &e);
	bool good = true;
	size_t r, i;

	if (!rows || !db_count(rows))
		return; /* no hospital wants any */
	for (r = 0; r < db_count(rows); r++)
		for (i = 0; i < COUNT(texts); i++)
			good &= look_at(d, rows, r, &texts[i]);
	if (good)
		doctor_say(d, SUBJECT, DOCTOR_OK,
		    "those for hospitals are in force for a while", NULL);
}
