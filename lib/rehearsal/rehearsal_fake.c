/* rehearsal_fake.c - what a failing provider answers instead of the truth
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal_fake.h"

#include <string.h>
#include <time.h>

#include "rehearsal/rehearsal_answer.h"
#include "rehearsal/rehearsal_statement.h"
#include "rehearsal/ward_shape.h"

#define FAKE_BYTES_MAX ((size_t)512 * 1024)

static const struct {
	unsigned status;
	const char *code, *text;
} statuses[] = {
	{ 400, "invalid", "Rehearsed: the request is refused." },
	{ 401, "login", "Rehearsed: no valid credential was sent." },
	{ 403, "forbidden", "Rehearsed: the credential may not do this." },
	{ 404, "not-found", "Rehearsed: there is no such resource." },
	{ 410, "deleted", "Rehearsed: the resource was deleted." },
	{ 429, "throttled", "Rehearsed: too many requests." },
	{ 500, "exception", "Rehearsed: the server failed." },
	{ 503, "transient", "Rehearsed: the server is overloaded." },
};

static void
fail_with(const struct rehearsal_visit *v, struct rehearsal_reply *reply)
{
	size_t i;

	for (i = 0; i < COUNT(statuses); i++)
		if (statuses[i].status == reply->faults.amount)
			rehearsal_outcome(v, reply, statuses[i].status,
			    statuses[i].code, statuses[i].text);
}

static void
say(struct rehearsal_reply *reply, const char *type, struct str body)
{
	reply->status = 200;
	reply->type = type;
	reply->body = body;
	reply->etag = reply->modified = NULL;
}

/* A login page, as proxies and single sign-on put in front of everything. */
static void
say_html(struct rehearsal_reply *reply)
{
	say(reply, "text/html; charset=utf-8",
	    STR("<!DOCTYPE html>\n<html lang=\"en\"><head><title>Sign in"
		"</title></head>\n<body><h1>Sign in</h1><p>Your session has "
		"expired.</p>\n<form method=\"post\" action=\"/login\"><input "
		"name=\"user\"></form></body></html>\n"));
}

static void
say_xml(const struct rehearsal_visit *v, struct rehearsal_reply *reply)
{
	const char *type = reply->searched        ? "Bundle"
	                   : reply->resource_type ? reply->resource_type
	                                          : "OperationOutcome";
	struct str id =
	    reply->resource_id.len ? reply->resource_id : STR("xml");
	const char *text = arena_printf(v->a,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<%s xmlns=\"http://hl7.org/fhir\"><id value=\"%.*s\"/></%s>\n",
	    type, STR_FMT(id), type);

	say(reply,
	    v->ward.version == FHIR_DSTU2
		? "application/xml+fhir; charset=utf-8"
		: "application/fhir+xml; charset=utf-8",
	    str_of(text));
}

static void
say_nonsense(const struct rehearsal_visit *v, struct rehearsal_reply *reply)
{
	say(reply, version_mime(v->ward.version),
	    STR("{\"resourceType\":\"Patient\",\"id\":\"p-101\",,"
		"\"multipleBirthInteger\":NaN,\"active\":tru\n"));
}

/* ---- resources that were not asked for ---- */

/* The type that stands for another one in another version. */
static const char *
type_in(enum fhir_version v, const char *type)
{
	if (!strncmp(type, "Medication", 10) && type[10])
		return v == FHIR_DSTU2 ? "MedicationOrder"
		                       : "MedicationRequest";
	return type;
}

static void
put_other(struct buf *b, enum fhir_version v, const char *type, const char *id,
    bool bundle)
{
	const struct ward ward = { v, ward_world(v, 1) };

	if (bundle)
		buf_str(b, "{\"resourceType\":\"Bundle\",\"type\":"
			   "\"searchset\",\"total\":1,\"entry\":"
			   "[{\"resource\":");
	ward_put(b, &ward, type, 0, id);
	if (bundle)
		buf_str(b, ",\"search\":{\"mode\":\"match\"}}]}");
}

static void
say_version(const struct rehearsal_visit *v, struct rehearsal_reply *reply)
{
	enum fhir_version other =
	    v->ward.version == FHIR_DSTU2 ? FHIR_R4 : FHIR_DSTU2;
	const struct rehearsal_faults none = { .strict = false };
	struct buf b = buf_new(v->a, FAKE_BYTES_MAX);

	if (reply->stated)
		rehearsal_statement(
		    &b, other, v->base, v->ward.name, STR_NONE, &none);
	else
		put_other(&b, other,
		    type_in(other, reply->resource_type ? reply->resource_type
							: "Patient"),
		    str_text(v->a, reply->resource_id), reply->searched);
	say(reply, version_mime(other), (struct str){ b.at, b.len });
}

/* For a read another type under the same id; for a search a resource where a
 * Bundle belongs. */
static void
say_wrongtype(const struct rehearsal_visit *v, struct rehearsal_reply *reply)
{
	const char *type =
	    reply->resource_type ? reply->resource_type : "Patient";
	struct buf b = buf_new(v->a, FAKE_BYTES_MAX);

	if (!reply->searched)
		type = strcmp(type, "Organization") ? "Organization"
		                                    : "Practitioner";
	put_other(&b, v->ward.version, type, str_text(v->a, reply->resource_id),
	    false);
	say(reply, version_mime(v->ward.version), (struct str){ b.at, b.len });
}

/* To an address that would answer: whoever follows is seen in the log. */
static void
say_elsewhere(const struct rehearsal_visit *v,
    const struct rehearsal_call *call, struct rehearsal_reply *reply)
{
	const char *url = arena_printf(v->a, "%.*s%.*s%s%.*s", STR_FMT(v->root),
	    STR_FMT(call->path), call->query.at ? "?" : "",
	    STR_FMT(call->query));

	say(reply, "text/plain; charset=utf-8", STR("Moved.\n"));
	reply->status = 302;
	reply->location = url;
}

void
rehearsal_fake(const struct rehearsal_visit *v,
    const struct rehearsal_call *call, struct rehearsal_reply *reply,
    bool whole)
{
	enum rehearsal_instead what = reply->faults.instead;

	if (what == REHEARSAL_TRUTH)
		return;
	if (what == REHEARSAL_STATUS)
		fail_with(v, reply);
	else if (what == REHEARSAL_VERSION)
		say_version(v, reply);
	else if (what == REHEARSAL_WRONGTYPE)
		say_wrongtype(v, reply);
	else if (!whole)
		rehearsal_outcome(v, reply, 500, "exception",
		    "Rehearsed: this failure needs an answer of its own.");
	else if (what == REHEARSAL_HTML)
		say_html(reply);
	else if (what == REHEARSAL_XML)
		say_xml(v, reply);
	else if (what == REHEARSAL_NOTJSON)
		say_nonsense(v, reply);
	else if (what != REHEARSAL_REDIRECT) /* empty; huge, endless */
		say(reply, version_mime(v->ward.version), STR(""));
	else
		say_elsewhere(v, call, reply);
}

void
rehearsal_wait(unsigned ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}
