/* probe_base.c - is the server there, who is it, and does it let us in?
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "relay/probe_parts.h"

/* ---- the connection --------------------------------------------------------- */

/* false: TLS had no part in it. */
static bool
tell_trouble(struct probe *p, const struct probe_said *s)
{
	const struct probe_trouble *t = probe_tls(p, &s->e);

	if (!t)
		return false;
	p->over = true;
	probe_say(p, PROBE_REACH, PROBE_OK, s, "There is a server.", NULL);
	probe_say(p, t->about, PROBE_FAULT, s, t->words, t->act);
	return true;
}

static void
tell_unreached(struct probe *p, const struct probe_said *s)
{
	p->over = true;
	probe_say(p, PROBE_REACH, PROBE_FAULT, s,
	    arena_printf(p->a, "The server %s%s%s%s.", probe_why(p, s),
		*s->e.why ? " (" : "", s->e.why, *s->e.why ? ")" : ""),
	    s->e.kind == ERR_UPSTREAM_ADDRESS
		? "If it is in a private network of the hospital, list that "
		  "with `wardgate tenant networks`."
		: "Check address, port and name, and that the hospital's "
		  "firewall lets this host in.");
}

static const char *
day_of(struct probe *p, int64_t at_s)
{
	char text[CLOCK_TEXT_LEN];

	return arena_printf(p->a, "%.10s", clock_text(text, at_s * 1000000));
}

static void
tell_certificate(struct probe *p)
{
	const struct fetch_certificate *c = &p->r->certificate;
	int64_t left_s = c->ends_s - clock_now_s();

	if (!strncmp(p->ask->to->base_url, "http:", 5))
		probe_say(p, PROBE_CERTIFICATE, PROBE_UNSEEN, NULL,
		    "None: plain http, on this machine.", NULL);
	else if (!c->ends_s)
		probe_say(p, PROBE_CERTIFICATE, PROBE_OK, NULL,
		    "It is trusted; its dates could not be read.", NULL);
	else if (left_s < PROBE_ENDS_S)
		probe_say(p, PROBE_CERTIFICATE, PROBE_OK, NULL,
		    arena_printf(p->a, "It ends on %s, in %lld days.",
			day_of(p, c->ends_s), (long long)(left_s / 86400)),
		    "Ask the hospital to renew it: afterwards nothing is "
		    "answered.");
	else
		probe_say(p, PROBE_CERTIFICATE, PROBE_OK, NULL,
		    arena_printf(p->a, "It is trusted, and good from %s to %s.",
			day_of(p, c->starts_s), day_of(p, c->ends_s)),
		    NULL);
}

static void
tell_clock(struct probe *p, const struct upstream_answer *w)
{
	int64_t at = w && w->date.at ? fetch_date(str_text(p->a, w->date)) : -1;
	int64_t off = at - clock_now_s();

	if (at < 0)
		probe_say(p, PROBE_CLOCK, PROBE_UNSEEN, NULL,
		    "Its answers carry no date.", NULL);
	else if (off > PROBE_SKEW_S || off < -PROBE_SKEW_S)
		probe_say(p, PROBE_CLOCK, PROBE_FAULT, NULL,
		    arena_printf(p->a,
			"The clock of the server is %lld seconds %s.",
			(long long)(off < 0 ? -off : off),
			off < 0 ? "behind" : "ahead"),
		    "Signed requests for its tokens may be refused. Compare "
		    "this host's clock too.");
	else
		probe_say(p, PROBE_CLOCK, PROBE_OK, NULL,
		    "Its clock agrees with ours.", NULL);
}

/* ---- the credential ----------------------------------------------------------- */

/* Do we show the server anything? */
static bool
wants_one(const struct probe *p)
{
	const struct upstream_target *to = p->ask->to;

	return to->credential || to->token || (to->tls && *to->tls->chain);
}

/* Without a token nothing can be asked, the statement neither. */
static bool
token_failed(const struct probe_said *s)
{
	return s->e.kind == ERR_UPSTREAM_TOKEN ||
	       s->e.kind == ERR_UPSTREAM_TOKEN_AWAY;
}

static void
tell_no_token(struct probe *p, const struct probe_said *s)
{
	const struct probe_trouble *t = probe_tls(p, &s->e);

	p->over = true;
	probe_say(p, PROBE_AUTH, PROBE_FAULT, s,
	    t ? arena_printf(p->a, "There is no token to be had. %s", t->words)
	      : arena_printf(p->a, "There is no token to be had: %s.",
		    *s->e.why ? s->e.why : s->e.said),
	    t ? t->act
	    : s->e.kind == ERR_UPSTREAM_TOKEN
		? "Check the account, its secret and the scope with the "
		  "hospital, and seal the new one with `wardgate seal`."
		: "Check the address of the token endpoint, and that the "
		  "hospital's firewall lets this host in.");
}

/* ---- the statement ---------------------------------------------------------- */

static void
tell_version(struct probe *p, const struct probe_said *s)
{
	const char *ours = version_name(p->ask->version);
	struct str number = tree_str(s->root, "fhirVersion");
	enum fhir_version theirs;

	if (!number.at)
		return; /* its records will tell */
	if (!version_numbered(&theirs, number))
		probe_say(p, PROBE_VERSION, PROBE_FAULT, NULL,
		    "The server speaks a FHIR version that is none of DSTU2, "
		    "STU3 and R4.",
		    "Ask the hospital for an address of one of these.");
	else if (theirs != p->ask->version)
		probe_say(p, PROBE_VERSION, PROBE_FAULT, NULL,
		    arena_printf(p->a,
			"The server speaks %s, and is set up as %s.",
			version_name(theirs), ours),
		    "Records would be read wrongly. Set fhir_version with "
		    "tenant.sql, or give the address of that version.");
	else
		probe_say(p, PROBE_VERSION, PROBE_OK, NULL,
		    arena_printf(
			p->a, "Its statement says %s, as set up.", ours),
		    NULL);
}

static void
look_at_statement(struct probe *p)
{
	struct probe_said s;

	if (probe_get(p, STR("metadata"), STR_NONE, &s) &&
	    ability_read(&p->r->can, s.root)) {
		probe_say(p, PROBE_STATEMENT, PROBE_OK, &s,
		    "It says what it can.", NULL);
		tell_version(p, &s);
	} else if (token_failed(&s)) {
		tell_no_token(p, &s);
		return;
	} else if (tell_trouble(p, &s)) {
		return;
	} else if (s.e.kind == ERR_UPSTREAM_CONNECT ||
		   s.e.kind == ERR_UPSTREAM_ADDRESS ||
		   s.e.kind == ERR_UPSTREAM_TIMEOUT) {
		tell_unreached(p, &s);
		return;
	} else {
		probe_say(p, PROBE_STATEMENT, PROBE_FAULT, &s,
		    s.root ? "What it gives as its statement is none."
			   : arena_printf(
				 p->a, "The server %s.", probe_why(p, &s)),
		    "The gateway tries out what the server can, which takes "
		    "longer the first time.");
	}
	probe_say(p, PROBE_REACH, PROBE_OK, &s, "There is a server.", NULL);
	if (s.answer)
		p->r->certificate = s.answer->certificate;
	tell_certificate(p);
	tell_clock(p, s.answer);
}

/* ---- the patient --------------------------------------------------------------- */

static void
tell_refused_us(struct probe *p, const struct probe_said *s)
{
	if (p->ask->shut)
		probe_say(p, PROBE_AUTH, PROBE_FAULT, s,
		    arena_printf(p->a, "The credential cannot be opened: %s.",
			p->ask->shut),
		    "Run this where the sealing keys can be read, or seal it "
		    "again with `wardgate seal`.");
	else if (s->seen.status == 403)
		probe_say(p, PROBE_AUTH, PROBE_FAULT, s,
		    wants_one(p)
			? "The server knows us and does not let us read "
			  "patients (403)."
			: "The server does not let us read patients (403), "
			  "and nothing is set that it could know us by.",
		    wants_one(p)
			? "Ask the hospital to allow it to our account."
			: "Ask the hospital what it wants to see: a "
			  "credential, or a certificate.");
	else if (wants_one(p))
		probe_say(p, PROBE_AUTH, PROBE_FAULT, s,
		    arena_printf(p->a,
			"The server refuses our credential (%d).",
			s->seen.status),
		    "It was changed there, or ended: seal the new one with "
		    "`wardgate seal`, and give it with tenant.sql.");
	else
		probe_say(p, PROBE_AUTH, PROBE_FAULT, s,
		    arena_printf(p->a,
			"The server wants a credential (%d), and none is set.",
			s->seen.status),
		    "Seal one with `wardgate seal`, and give it with "
		    "tenant.sql.");
	p->over = true;
}

static bool
same_person(struct probe *p, const struct probe_said *s)
{
	return str_is(tree_str(s->root, "resourceType"), "Patient") &&
	       str_eq(tree_str(s->root, "id"), p->id);
}

static void
take_patient(struct probe *p, const struct probe_said *s)
{
	struct err e = { .kind = ERR_NONE };

	if (!version_fits(p->ask->version, s->root, &e)) {
		probe_say(p, PROBE_VERSION, PROBE_FAULT, s,
		    arena_printf(p->a, "Its records are not of %s.",
			version_name(p->ask->version)),
		    "Records would be read wrongly. Set fhir_version with "
		    "tenant.sql.");
		p->over = true;
		return;
	}
	if (p->r->finding[PROBE_VERSION].word == PROBE_UNSEEN)
		probe_say(p, PROBE_VERSION, PROBE_OK, NULL,
		    arena_printf(p->a, "Its records are of %s.",
			version_name(p->ask->version)),
		    NULL);
	probe_say(
	    p, PROBE_READ, PROBE_NATIVE, s, "The test patient is read.", NULL);
	p->patient = s->root;
}

/* Who is not there cannot be asked about: the rest is about nobody. */
static void
miss_patient(struct probe *p, const struct probe_said *s)
{
	if (p->nobody) {
		probe_say(p, PROBE_READ, PROBE_UNSEEN, s,
		    "There is no test patient to be read.",
		    "Name one with --patient: only then is it seen what "
		    "comes back.");
		return;
	}
	if (s->e.kind == ERR_UPSTREAM_NOT_FOUND ||
	    s->e.kind == ERR_UPSTREAM_GONE) {
		probe_say(p, PROBE_READ, PROBE_FAULT, s,
		    "The server does not know the test patient.",
		    "Name another one with --patient.");
		p->nobody = true;
		p->id = STR(PROBE_NOBODY);
		return;
	}
	probe_say(p, PROBE_READ, PROBE_MISSING, s,
	    s->root ? "The server gave another record than the test patient's."
		    : arena_printf(p->a, "The server %s.", probe_why(p, s)),
	    "Clinicians will see nobody.");
	p->over |= !probe_refused(s);
}

static void
look_at_patient(struct probe *p)
{
	struct probe_said s;
	bool came = probe_get(p,
	    str_of(arena_printf(p->a, "Patient/%.*s", STR_FMT(p->id))),
	    STR_NONE, &s);

	if (token_failed(&s)) {
		tell_no_token(p, &s);
		return;
	}
	if (s.e.kind == ERR_UPSTREAM_AUTH) {
		tell_refused_us(p, &s);
		return;
	}
	if (s.seen.status)
		probe_say(p, PROBE_AUTH, PROBE_OK, NULL,
		    wants_one(p) ? "The server takes our credential."
				 : "The server lets us in without.",
		    NULL);
	if (came && same_person(p, &s))
		take_patient(p, &s);
	else
		miss_patient(p, &s);
}

void
probe_base(struct probe *p)
{
	if (!links_open(&p->links, p->a, str_of(p->ask->to->base_url),
		STR("https://gateway.invalid/fhir"))) {
		probe_say(p, PROBE_REACH, PROBE_FAULT, NULL,
		    "Its address is none that can be asked.",
		    "Set provider_url with tenant.sql.");
		p->over = true;
		return;
	}
	look_at_statement(p);
	if (p->over)
		return;
	if (p->ask->shut) {
		const struct probe_said none = { .answer = NULL };

		tell_refused_us(p, &none);
		return;
	}
	look_at_patient(p);
}
