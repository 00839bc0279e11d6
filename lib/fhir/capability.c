/* capability.c - the statement at <face>/metadata, from the contract's tables
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/capability.h"

#include <string.h>

#define OAUTH_URIS                                                             \
	"http://fhir-registry.smarthealthit.org/StructureDefinition/"          \
	"oauth-uris"

/* The standard's system first, then the spelling that the app's own pages
 * show. */
#define SERVICE_OLD "http://hl7.org/fhir/restful-security-service"
#define SERVICE_R4                                                             \
	"http://terminology.hl7.org/CodeSystem/restful-security-service"
#define SERVICE_APP "https://hl7.org/fhir/ValueSet/restful-security-service"

#define PURPOSE                                                                \
	"Read access to the records of many hospitals through one address. "   \
	"The tenant in the access token chooses the hospital."
#define REST_NOTE                                                              \
	"Read and search only. A search goes by GET or by POST to _search; "   \
	"both sets of parameters count. _count, _sort, _total and _format "    \
	"are "                                                                 \
	"understood for every type, and Bundle.total is always given. "        \
	"Parameters that are not listed are left out of the search and named " \
	"in an outcome entry; with Prefer: handling=strict they are refused."
#define SECURITY_NOTE                                                          \
	"OAuth 2.0 client credentials, without user. The scope is the tenant " \
	"ID of the hospital."

/* ---- JSON, member by member ---------------------------------------------- */

static void
text(struct buf *b, const char *s)
{
	buf_json(b, s, strlen(s));
}

/* ,"name":"value" */
static void
member(struct buf *b, const char *name, const char *value)
{
	buf_char(b, ',');
	text(b, name);
	buf_char(b, ':');
	text(b, value);
}

/* ---- who ----------------------------------------------------------------- */

/* The kind of address; DSTU2 knows no url. */
static const char *
system_of(const char *contact, enum fhir_version v)
{
	if (strstr(contact, "://"))
		return v == FHIR_DSTU2 ? "other" : "url";
	if (strchr(contact, '@'))
		return "email";
	return strspn(contact, "+0123456789 ()-/") == strlen(contact) ? "phone"
	                                                              : "other";
}

static void
write_contact(struct buf *b, enum fhir_version v, const struct capability *c)
{
	if (!c->contact[0])
		return;
	buf_str(b, ",\"contact\":[{\"telecom\":[{\"system\":");
	text(b, system_of(c->contact, v));
	member(b, "value", c->contact);
	buf_str(b, "}]}]");
}

static void
write_head(struct buf *b, enum fhir_version v, const struct capability *c)
{
	bool old = v == FHIR_DSTU2;

	buf_str(b, "{\"resourceType\":");
	text(b, old ? "Conformance" : "CapabilityStatement");
	if (!c->truth)
		member(
		    b, "url", arena_printf(b->a, "%s/metadata", c->face_url));
	member(b, "version", c->software);
	member(b, "name",
	    old ? "Interop partner gateway" : "InteropPartnerGateway");
	member(b, "status", "active");
	member(b, "date", IFACE_REVISED);
	member(b, "publisher", c->publisher);
	write_contact(b, v, c);
	member(b, "description", PURPOSE);
	member(b, "kind", "instance");
	buf_str(b, ",\"software\":{\"name\":\"wardgate\"");
	member(b, "version", c->software);
	buf_str(b, "},\"implementation\":{\"description\":");
	text(b, c->truth ? c->truth->description : PURPOSE);
	member(b, "url", c->face_url);
	buf_char(b, '}');
	member(b, "fhirVersion", version_number(v));
	if (v != FHIR_R4)
		member(b, "acceptUnknown", "no");
	buf_str(b, ",\"format\":[");
	text(b, version_type(v));
	buf_str(b, ",\"json\"]");
}

/* ---- security ------------------------------------------------------------ */

static void
write_uri(struct buf *b, const char *name, const char *uri)
{
	buf_str(b, "{\"url\":");
	text(b, name);
	member(b, "valueUri", uri);
	buf_char(b, '}');
}

static void
write_coding(struct buf *b, const char *system)
{
	buf_str(b, "{\"system\":");
	text(b, system);
	member(b, "code", "OAuth");
	buf_char(b, '}');
}

static void
write_security(struct buf *b, enum fhir_version v, const struct capability *c)
{
	buf_str(b, ",\"security\":{\"extension\":[{\"url\":");
	text(b, OAUTH_URIS);
	buf_str(b, ",\"extension\":[");
	write_uri(b, "token", c->token_url);
	buf_char(b, ',');
	write_uri(b, "authorize", c->authorize_url);
	buf_str(b, "]}],\"cors\":false,\"service\":[{\"coding\":[");
	write_coding(b, v == FHIR_R4 ? SERVICE_R4 : SERVICE_OLD);
	buf_char(b, ',');
	write_coding(b, SERVICE_APP);
	buf_str(b, "],\"text\":\"OAuth\"}]");
	member(b, "description", SECURITY_NOTE);
	buf_char(b, '}');
}

/* ---- what is served ------------------------------------------------------ */

/* What may stand behind the name and a colon: list of strings in JSON, or in
 * words. */
static void
write_modifiers(struct buf *b, const struct iface_param *p, bool words)
{
	const char *before = words ? " Modifiers: " : ",\"modifier\":[\"";

	for (int i = IFACE_PLAIN + 1; i < IFACE_MODIFIER__MAX; i++)
		if (p->modifiers & (1u << i)) {
			buf_str(b, before);
			buf_str(b, iface_modifier_name((enum iface_modifier)i));
			before = words ? ", " : "\",\"";
		}
	if (p->modifiers)
		buf_str(b, words ? "." : "\"]");
}

/* DSTU2 has places for targets and modifiers; later versions tell in words. */
static void
write_param(struct buf *b, enum fhir_version v, const struct iface_param *p,
    const char *how)
{
	struct buf about = buf_new(b->a, 2048);

	buf_str(&about, p->about);
	if (v != FHIR_DSTU2)
		write_modifiers(&about, p, true);
	if (how)
		buf_fmt(&about, " %s", how);
	buf_str(b, "{\"name\":");
	text(b, p->name);
	member(b, "type", iface_kind_name(p->kind));
	buf_str(b, ",\"documentation\":");
	buf_json(b, about.at, about.len);
	if (v == FHIR_DSTU2 && p->kind == IFACE_REFERENCE)
		buf_str(b, ",\"target\":[\"Patient\"]");
	if (v == FHIR_DSTU2)
		write_modifiers(b, p, false);
	buf_char(b, '}');
}

static void
write_params(struct buf *b, enum fhir_version v, const struct iface_resource *r,
    const struct capability_type *truth)
{
	const char *before = ",\"searchParam\":[";

	for (size_t i = 0; i < r->n; i++) {
		if (!(r->params[i].versions & FHIR_BIT(v)) ||
		    (truth && !truth->params[i].served))
			continue;
		buf_str(b, before);
		write_param(
		    b, v, &r->params[i], truth ? truth->params[i].how : NULL);
		before = ",";
	}
	if (!before[1])
		buf_char(b, ']');
}

/* Bits 1u << enum iface_action of what is listed. */
static unsigned
actions_of(const struct iface_resource *r, const struct capability_type *truth)
{
	return truth ? r->actions & ~truth->withheld : r->actions;
}

static void
write_actions(struct buf *b, const struct iface_resource *r,
    const struct capability_type *truth)
{
	static const char *const codes[IFACE_ACTION__MAX] = {
		[IFACE_READ] = "read",
		[IFACE_SEARCH] = "search-type",
	};
	const char *const about[IFACE_ACTION__MAX] = {
		[IFACE_READ] = truth ? truth->read : NULL,
		[IFACE_SEARCH] = truth ? truth->search : NULL,
	};
	const char *before = ",\"interaction\":[{\"code\":";

	for (int i = 0; i < IFACE_ACTION__MAX; i++)
		if (actions_of(r, truth) & (1u << i)) {
			buf_str(b, before);
			text(b, codes[i]);
			if (about[i])
				member(b, "documentation", about[i]);
			buf_char(b, '}');
			before = ",{\"code\":";
		}
	buf_char(b, ']');
}

static void
write_resource(struct buf *b, enum fhir_version v, enum iface_type t,
    const struct capability_type *truth)
{
	const struct iface_resource *r = iface_resource(t);

	buf_str(b, "{\"type\":");
	text(b, iface_name(t, v));
	write_actions(b, r, truth);
	if (actions_of(r, truth) & (1u << IFACE_SEARCH))
		write_params(b, v, r, truth);
	buf_char(b, '}');
}

/* Only DSTU2 has no place to say something about it. */
static void
write_system(struct buf *b, enum fhir_version v, const struct capability *c)
{
	const char *about = c->truth ? c->truth->batch : NULL;

	if (v == FHIR_DSTU2) {
		member(b, "transactionMode",
		    iface_batch() ? "batch" : "not-supported");
	} else if (iface_batch()) {
		buf_str(b, ",\"interaction\":[{\"code\":\"batch\"");
		if (about)
			member(b, "documentation", about);
		buf_str(b, "}]");
	}
}

static void
write_resources(struct buf *b, enum fhir_version v, const struct capability *c)
{
	const char *before = ",\"resource\":[";

	for (int t = 0; t < IFACE__MAX; t++) {
		const struct capability_type *truth =
		    c->truth ? &c->truth->types[t] : NULL;

		if (truth && !truth->served)
			continue;
		buf_str(b, before);
		write_resource(b, v, (enum iface_type)t, truth);
		before = ",";
	}
	if (!before[1])
		buf_char(b, ']');
}

static void
write_rest(struct buf *b, enum fhir_version v, const struct capability *c)
{
	const char *note = c->truth ? c->truth->note : NULL;

	buf_str(b, "{\"mode\":\"server\"");
	member(b, "documentation",
	    note ? arena_printf(b->a, "%s %s", REST_NOTE, note) : REST_NOTE);
	write_security(b, v, c);
	write_resources(b, v, c);
	write_system(b, v, c);
	buf_char(b, '}');
}

static bool
serves_any(const struct capability *c)
{
	for (int t = 0; c->truth && t < IFACE__MAX; t++)
		if (c->truth->types[t].served)
			return true;
	return !c->truth;
}

/* DSTU2 has no way to say that a server serves no type: `resource` must not be
 * empty there. Then only the description tells. */
void
capability_write(struct buf *b, enum fhir_version v, const struct capability *c)
{
	write_head(b, v, c);
	if (v != FHIR_DSTU2 || serves_any(c)) {
		buf_str(b, ",\"rest\":[");
		write_rest(b, v, c);
		buf_char(b, ']');
	}
	buf_char(b, '}');
}
