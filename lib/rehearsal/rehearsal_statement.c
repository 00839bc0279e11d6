/* rehearsal_statement.c - what a ward says it can do, from its own tables
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal_statement.h"

#include <string.h>

#include "rehearsal/rehearsal_query.h"
#include "rehearsal/rehearsal_type.h"
#include "fhir/param.h"
#include "rehearsal/ward_json.h"

#define URIS                                                                   \
	"http://fhir-registry.smarthealthit.org/StructureDefinition/"          \
	"oauth-uris"
#define SERVICES                                                               \
	"http://terminology.hl7.org/CodeSystem/restful-security-service"
#define SERVICES_BEFORE_R4 "http://hl7.org/fhir/restful-security-service"

static void
codes(struct ward_json *j, const char *key, const char *const *list, size_t n)
{
	size_t i;

	ward_open(j, key, '[');
	for (i = 0; i < n; i++) {
		ward_open(j, NULL, '{');
		ward_text(j, "code", list[i]);
		ward_close(j, '}');
	}
	ward_close(j, ']');
}

static void
search_params(
    struct ward_json *j, const char *type, const struct rehearsal_faults *f)
{
	const struct param *p = NULL;

	ward_open(j, "searchParam", '[');
	while ((p = param_next(j->v, type, p))) {
		if ((f->strict && (p->extra & FHIR_BIT(j->v))) ||
		    (f->noperson && rehearsal_query_person(type, p)))
			continue;
		ward_open(j, NULL, '{');
		ward_text(j, "name", p->name);
		ward_text(j, "type", param_kind_name(p->kind));
		ward_close(j, '}');
	}
	ward_close(j, ']');
}

static void
resources(struct ward_json *j, const struct rehearsal_faults *f)
{
	static const char *const served[] = { "read", "search-type" };
	const char *const *type;

	ward_open(j, "resource", '[');
	for (type = rehearsal_types(j->v); *type; type++) {
		if (f->nocoverage && !strcmp(*type, "Coverage"))
			continue;
		ward_open(j, NULL, '{');
		ward_text(j, "type", *type);
		codes(j, "interaction", served, COUNT(served));
		ward_text(j, "versioning", "no-version");
		search_params(j, *type, f);
		ward_close(j, '}');
	}
	ward_close(j, ']');
}

/* SMART App Launch 1.0, "Declaring Support": where there is no other way to
 * find out. */
static void
security(struct ward_json *j, struct str token)
{
	ward_open(j, "security", '{');
	ward_open(j, "extension", '[');
	ward_open(j, NULL, '{');
	ward_text(j, "url", URIS);
	ward_open(j, "extension", '[');
	ward_open(j, NULL, '{');
	ward_text(j, "url", "token");
	ward_textf(j, "valueUri", "%.*s", STR_FMT(token));
	ward_close(j, '}');
	ward_close(j, ']');
	ward_close(j, '}');
	ward_close(j, ']');
	ward_open(j, "service", '[');
	ward_open(j, NULL, '{');
	ward_open(j, "coding", '[');
	ward_open(j, NULL, '{');
	ward_text(j, "system", j->v == FHIR_R4 ? SERVICES : SERVICES_BEFORE_R4);
	ward_text(j, "code", "SMART-on-FHIR");
	ward_close(j, '}');
	ward_close(j, ']');
	ward_close(j, '}');
	ward_close(j, ']');
	ward_close(j, '}');
}

static void
rest(struct ward_json *j, struct str token, const struct rehearsal_faults *f)
{
	bool batch = !f->getonly && !f->nobatch;
	static const char *const served[] = { "batch" };

	ward_open(j, "rest", '[');
	ward_open(j, NULL, '{');
	ward_text(j, "mode", "server");
	if (token.at)
		security(j, token);
	resources(j, f);
	if (batch && j->v != FHIR_DSTU2)
		codes(j, "interaction", served, COUNT(served));
	if (j->v == FHIR_DSTU2)
		ward_text(
		    j, "transactionMode", batch ? "batch" : "not-supported");
	ward_close(j, '}');
	ward_close(j, ']');
}

void
rehearsal_statement(struct buf *b, enum fhir_version v, struct str base,
    struct str ward, struct str token, const struct rehearsal_faults *f)
{
	struct ward_json j = { b, v };

	ward_open(&j, NULL, '{');
	ward_text(&j, "resourceType",
	    v == FHIR_DSTU2 ? "Conformance" : "CapabilityStatement");
	ward_text(&j, "status", "active");
	ward_text(&j, "date", "2026-11-20");
	ward_text(&j, "kind", "instance");
	ward_open(&j, "software", '{');
	ward_text(&j, "name", "wardgate rehearsal");
	ward_text(&j, "version", WG_VERSION);
	ward_close(&j, '}');
	ward_open(&j, "implementation", '{');
	ward_textf(&j, "description",
	    "Ward %.*s to practise on: made-up patients", STR_FMT(ward));
	ward_textf(&j, "url", "%.*s", STR_FMT(base));
	ward_close(&j, '}');
	ward_text(&j, "fhirVersion", version_number(v));
	if (v != FHIR_R4)
		ward_text(&j, "acceptUnknown", "both");
	ward_open(&j, "format", '[');
	ward_text(&j, NULL, version_type(v));
	ward_text(&j, NULL, "json");
	ward_close(&j, ']');
	rest(&j, token, f);
	ward_close(&j, '}');
}
