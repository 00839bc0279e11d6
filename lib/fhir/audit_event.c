/* audit_event.c - accesses as FHIR R4 AuditEvents, in a Bundle of type collection
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/audit_event.h"

#include "base/enc.h"
#include "fhir/outcome.h"

#define BALP       "https://profiles.ihe.net/ITI/BALP/"
#define PROFILE    BALP "StructureDefinition/IHE.BasicAudit."
#define TERMS      "http://terminology.hl7.org/CodeSystem/"
#define DCM        "http://dicom.nema.org/resources/ontology/DCM"
#define URI_SYSTEM "urn:ietf:rfc:3986"
#define JTI        "urn:ietf:params:oauth:jti:"

/* What a pattern calls the two ends: data flows to the client when it reads, the
 * question flows from it when it searches. */
static const struct pattern {
	const char *interaction, *action, *profile;
	const char *client, *client_is, *server, *server_is;
} patterns[] = {
	{ "read", "R", PROFILE "PatientRead", "110152", "Destination Role ID",
	    "110153", "Source Role ID" },
	{ "search-type", "E", PROFILE "PatientQuery", "110153",
	    "Source Role ID", "110152", "Destination Role ID" },
};

/* ---- pieces ------------------------------------------------------------------- */

static void
put_text(struct arena *a, struct tree_node *to, const char *name, struct str s)
{
	if (s.len)
		tree_put(a, to, name, tree_string(a, s));
}

static struct tree_node *
coding(
    struct arena *a, const char *system, const char *code, const char *display)
{
	struct tree_node *c = tree_object(a);

	put_text(a, c, "system", str_of(system));
	put_text(a, c, "code", str_of(code));
	put_text(a, c, "display", str_of(display));
	return c;
}

static struct tree_node *concept(struct arena *a, struct tree_node *first)
{
	struct tree_node *c = tree_object(a);

	tree_append(tree_put(a, c, "coding", tree_array(a)), first);
	return c;
}

/* A Reference by identifier. */
static struct tree_node *
known_as(struct arena *a, const char *system, struct str value, struct str name)
{
	struct tree_node *to = tree_object(a), *id;

	if (value.len) {
		id = tree_put(a, to, "identifier", tree_object(a));
		put_text(a, id, "system", str_of(system));
		put_text(a, id, "value", value);
	}
	put_text(
	    a, to, "display", value.len || name.len ? name : STR("unknown"));
	return to;
}

static struct tree_node *
reference(struct arena *a, struct str type, struct str id)
{
	struct tree_node *to = tree_object(a);

	if (id.len)
		put_text(a, to, "reference",
		    str_of(arena_printf(
			a, "%.*s/%.*s", STR_FMT(type), STR_FMT(id))));
	else
		put_text(a, to, "display", type.len ? type : STR("unknown"));
	return to;
}

static struct tree_node *
add(struct arena *a, struct tree_node *to, const char *list)
{
	struct tree_node *all = tree_get(to, list), *one = tree_object(a);

	if (!all)
		all = tree_put(a, to, list, tree_array(a));
	tree_append(all, one);
	return one;
}

/* ---- who ------------------------------------------------------------------------- */

static void
put_network(struct arena *a, struct tree_node *agent, struct str address,
    const char *kind)
{
	struct tree_node *net;

	if (!address.len)
		return;
	net = tree_put(a, agent, "network", tree_object(a));
	put_text(a, net, "address", address);
	put_text(a, net, "type", str_of(kind)); /* 2: IP address, 5: URI */
}

static struct tree_node *
add_agent(struct arena *a, struct tree_node *event, struct tree_node *type,
    struct tree_node *who, bool requestor)
{
	struct tree_node *agent = add(a, event, "agent");

	tree_put(a, agent, "type", type);
	tree_put(a, agent, "who", who);
	tree_put(a, agent, "requestor", tree_bool(a, requestor));
	return agent;
}

static void
put_purpose(
    struct arena *a, struct tree_node *to, const char *name, struct str purpose)
{
	if (purpose.len)
		put_text(a, add(a, to, name), "text", purpose);
}

static const char *
face_url(struct arena *a, const char *base, struct str face)
{
	struct str f = face.at ? str_lower(a, face) : STR("");

	return arena_printf(
	    a, "%s/fhir%s%.*s", base, f.len ? "/" : "", STR_FMT(f));
}

static void
put_client(struct arena *a, struct tree_node *event, const struct pattern *is,
    const struct audit_event *e)
{
	struct tree_node *type, *agent;

	type = concept(a, coding(a, DCM, is->client, is->client_is));
	tree_append(
	    tree_get(type, "coding"), coding(a, DCM, "110150", "Application"));
	agent = add_agent(a, event, type,
	    known_as(a, NULL, e->client, e->client_name), false);
	put_text(a, agent, "altId", e->secret);
	put_network(a, agent, e->source, "2");
}

/* The token stands for nobody but the app: it is client credentials. */
static void
put_token(struct arena *a, struct tree_node *event, const struct audit_event *e)
{
	struct tree_node *agent;

	if (!e->token.len)
		return;
	agent = add_agent(a, event,
	    concept(a, coding(a, BALP "CodeSystem/UserAgentTypes",
			   "UserOauthAgent", NULL)),
	    known_as(a, NULL, e->client, e->client_name), true);
	tree_append(tree_put(a, agent, "policy", tree_array(a)),
	    tree_string(
		a, str_of(arena_printf(a, JTI "%.*s", STR_FMT(e->token)))));
	put_purpose(a, agent, "purposeOfUse", e->purpose);
}

static void
put_agents(struct arena *a, struct tree_node *event, const struct pattern *is,
    const struct audit_event *e, const char *base)
{
	struct tree_node *agent;

	put_client(a, event, is, e);
	agent = add_agent(a, event,
	    concept(a, coding(a, DCM, is->server, is->server_is)),
	    known_as(a, URI_SYSTEM, str_of(base), STR("wardgate")), false);
	put_network(a, agent, str_of(face_url(a, base, e->face)), "5");
	put_token(a, event, e);
	add_agent(a, event,
	    concept(
		a, coding(a, TERMS "v3-ParticipationType", "CST", "custodian")),
	    known_as(a, URI_SYSTEM,
		str_of(arena_printf(a, "urn:uuid:%.*s", STR_FMT(e->tenant))),
		e->tenant_name),
	    false);
}

/* ---- what ------------------------------------------------------------------------- */

static struct tree_node *
add_entity(struct arena *a, struct tree_node *event, struct tree_node *type)
{
	struct tree_node *entity = add(a, event, "entity");

	tree_put(a, entity, "type", type);
	return entity;
}

static void
put_role(struct arena *a, struct tree_node *entity, const char *code,
    const char *display)
{
	tree_put(
	    a, entity, "role", coding(a, TERMS "object-role", code, display));
}

static void
put_patient(
    struct arena *a, struct tree_node *event, const struct audit_event *e)
{
	struct tree_node *entity = add_entity(
	    a, event, coding(a, TERMS "audit-entity-type", "1", "Person"));

	put_role(a, entity, "1", "Patient");
	tree_put(a, entity, "what", reference(a, STR("Patient"), e->patient));
}

/* Of a search the trail keeps what it was for and whom it was about, not its
 * words: the parameters are left out. */
static void
put_query(struct arena *a, struct tree_node *entity,
    const struct audit_event *e, const char *base)
{
	struct str line = str_of(arena_printf(
	    a, "GET %s/%.*s", face_url(a, base, e->face), STR_FMT(e->type)));
	char *raw = arena_get(a, (line.len + 2) / 3 * 4);

	put_role(a, entity, "24", "Query");
	put_text(a, entity, "description",
	    str_of(
		arena_printf(a, "%.*s, parameters not kept", STR_FMT(line))));
	put_text(a, entity, "query",
	    (struct str){ raw, enc_b64(raw, line.at, line.len) });
}

static void
put_record(struct arena *a, struct tree_node *event, const struct pattern *is,
    const struct audit_event *e, const char *base)
{
	struct tree_node *entity = add_entity(a, event,
	    coding(a, TERMS "audit-entity-type", "2", "System Object"));

	if (is == &patterns[0]) {
		put_role(a, entity, "4", "Domain Resource");
		tree_put(a, entity, "what", reference(a, e->type, e->id));
	} else {
		put_query(a, entity, e, base);
	}
}

static void
put_request(
    struct arena *a, struct tree_node *event, const struct audit_event *e)
{
	struct tree_node *entity = add_entity(a, event,
	    coding(
		a, BALP "CodeSystem/BasicAuditEntityType", "XrequestId", NULL));
	struct tree_node *detail;

	tree_put(a, entity, "what",
	    known_as(a, NULL, e->request_id.len ? e->request_id : e->trace,
		STR_NONE));
	detail = add(a, entity, "detail");
	put_text(a, detail, "type", STR("X-Trace-Id"));
	put_text(a, detail, "valueString", e->trace);
}

/* ---- one event ---------------------------------------------------------------------- */

/* HTTP as audit-event-outcome: success, minor failure, serious failure. */
static const char *
outcome_of(const struct audit_event *e)
{
	return e->status < 400 ? "0" : e->status < 500 ? "4" : "8";
}

static void
put_profiles(struct arena *a, struct tree_node *event, const struct pattern *is,
    const struct audit_event *e)
{
	struct tree_node *list;

	if (e->status >= 400 || !e->source.len || !e->patient.len ||
	    (is == &patterns[0] && !e->type.len))
		return;
	list = tree_put(a, tree_put(a, event, "meta", tree_object(a)),
	    "profile", tree_array(a));
	tree_append(list, tree_string(a, str_of(is->profile)));
	if (!e->token.len || !e->client.len)
		return;
	tree_append(
	    list, tree_string(a, STR(PROFILE "OAUTHaccessTokenUse.Minimal")));
	tree_append(list,
	    tree_string(a, STR(PROFILE "OAUTHaccessTokenUse.Comprehensive")));
}

static void
put_source(struct arena *a, struct tree_node *event,
    const struct audit_event *e, const char *base)
{
	struct tree_node *source = tree_object(a);

	tree_put(a, event, "source", source);
	put_text(a, source, "site", e->host);
	tree_put(a, source, "observer",
	    known_as(a, URI_SYSTEM, str_of(base), STR("wardgate")));
	tree_append(tree_put(a, source, "type", tree_array(a)),
	    coding(a, TERMS "security-source-type", "4", "Application Server"));
}

static const struct pattern *
pattern_of(const struct audit_event *e)
{
	return str_starts(e->interaction, "search") ? &patterns[1]
	                                            : &patterns[0];
}

static const char *
id_of(struct arena *a, const struct audit_event *e)
{
	return e->entry ? arena_printf(a, "%.*s-%lld", STR_FMT(e->trace),
			      (long long)e->entry)
	                : arena_dup(a, e->trace.at, e->trace.len);
}

static struct tree_node *
make(struct arena *a, const struct audit_event *e, const char *base)
{
	const struct pattern *is = pattern_of(e);
	struct tree_node *event = tree_object(a);

	put_text(a, event, "resourceType", STR("AuditEvent"));
	put_text(a, event, "id", str_of(id_of(a, e)));
	put_profiles(a, event, is, e);
	tree_put(a, event, "type",
	    coding(a, TERMS "audit-event-type", "rest", "RESTful Operation"));
	tree_append(tree_put(a, event, "subtype", tree_array(a)),
	    coding(a, "http://hl7.org/fhir/restful-interaction",
		is->interaction, is->interaction));
	put_text(a, event, "action", str_of(is->action));
	put_text(a, event, "recorded", e->recorded);
	put_text(a, event, "outcome", str_of(outcome_of(e)));
	if (e->status >= 400)
		put_text(a, event, "outcomeDesc",
		    str_of(arena_printf(a, "%lld %.*s", (long long)e->status,
			STR_FMT(e->reason))));
	put_purpose(a, event, "purposeOfEvent", e->purpose);
	put_agents(a, event, is, e, base);
	put_source(a, event, e, base);
	put_patient(a, event, e);
	put_record(a, event, is, e, base);
	put_request(a, event, e);
	return event;
}

/* ---- all of them ---------------------------------------------------------------------- */

void
audit_events_begin(struct audit_events *to, struct buf *b, const char *base,
    struct str timestamp)
{
	*to = (struct audit_events){ .b = b, .a = arena_new(), .base = base };
	buf_str(b, "{\"resourceType\":\"Bundle\",\"type\":\"collection\","
		   "\"timestamp\":");
	buf_json(b, timestamp.at, timestamp.len);
}

/* An empty list would be no FHIR: it begins with its first entry. */
static void
open_entry(struct audit_events *to)
{
	buf_str(to->b, to->n++ ? "," : ",\"entry\":[");
}

void
audit_events_add(struct audit_events *to, const struct audit_event *e)
{
	const char *url;

	url =
	    arena_printf(to->a, "%s/AuditEvent/%s", to->base, id_of(to->a, e));
	open_entry(to);
	buf_str(to->b, "{\"fullUrl\":");
	buf_json(to->b, url, str_of(url).len);
	buf_str(to->b, ",\"resource\":");
	tree_write(to->b, make(to->a, e, to->base));
	buf_char(to->b, '}');
	arena_reset(to->a);
}

void
audit_events_end(struct audit_events *to, const char *more)
{
	struct outcome_issue issue = {
		.severity = OUTCOME_WARNING, .code = "incomplete", .text = more
	};

	if (more) {
		open_entry(to);
		buf_str(to->b, "{\"resource\":");
		outcome_write(to->b, FHIR_R4, &issue, 1);
		buf_char(to->b, '}');
	}
	buf_str(to->b, to->n ? "]}" : "}");
	arena_free(to->a);
	to->a = NULL;
}
