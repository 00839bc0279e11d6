/* map_capability.c - Conformance in DSTU2, CapabilityStatement in STU3 and R4
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is under `rest` is in map_capability_rest.c. */
#include "fhir/map_capability.h"

#define PATH(rest)                                                             \
	.path = { "Conformance." rest, "CapabilityStatement." rest,            \
		"CapabilityStatement." rest }

static struct map_value
canonical_up(struct convert *c, const struct map_row *row, struct map_value v)
{
	struct tree_node *reference = tree_at(v.value, NAME_reference);

	(void)row;
	return (struct map_value){ convert_copy(c, reference), NULL };
}

static struct map_value
canonical_down(struct convert *c, const struct map_row *row, struct map_value v)
{
	struct arena *a = convert_arena(c);
	struct tree_node *n = tree_object(a);

	(void)row;
	if (v.value)
		tree_put(a, n, "reference", convert_copy(c, v.value));
	if (v.under)
		tree_put(a, n, "_reference", convert_copy(c, v.under));
	return (struct map_value){ n, NULL };
}

const struct map_turning capability_canonical = { canonical_up,
	canonical_down };

struct tree_node *
capability_list(struct convert *c, struct map_value v)
{
	struct tree_node *list;

	if (tree_is(v.value, TREE_ARRAY))
		return v.value;
	list = tree_array(convert_arena(c));
	if (v.value)
		tree_append(list, v.value);
	return list;
}

/* clang-format off */
static const struct map_row software_rows[] = {
	MAP_ROW("name string", "=", "="),
	MAP_ROW("version string", "=", "="),
	MAP_ROW("releaseDate dateTime", "=", "="),
};

static const struct map software = { PATH("software"),
	MAP_ROWS(software_rows) };

static const struct map_row implementation_rows[] = {
	MAP_ROW("description string", "=", "="),
	MAP_ROW("url uri", "=", "url url",
	    .why = "became a url"),
	MAP_ROW(NULL, NULL, "custodian Reference", .why = "came with R4"),
};

static const struct map implementation = { PATH("implementation"),
	MAP_ROWS(implementation_rows) };

static const struct map_row endpoint_rows[] = {
	MAP_ROW("protocol Coding", "=", "="),
	MAP_ROW("address uri", "=", "address url",
	    .why = "became a url"),
};

static const struct map endpoint = { PATH("messaging.endpoint"),
	MAP_ROWS(endpoint_rows) };

static const struct map_row message_rows[] = {
	MAP_ROW(NULL, "mode code", "=", .why = "came with STU3"),
	MAP_ROW(NULL, "definition Reference", "definition canonical",
	    .r.turn = &capability_canonical, .why = "became a canonical URL"),
};

static const struct map message = {
	.path = { NULL, "CapabilityStatement.messaging.supportedMessage",
	    "CapabilityStatement.messaging.supportedMessage" },
	MAP_ROWS(message_rows),
};

static const struct map_row event_rows[] = {
	MAP_ROW("code Coding", "=", NULL, .why = "gone in R4"),
	MAP_ROW("category code", "=", NULL, .why = "gone in R4"),
	MAP_ROW("mode code", "=", NULL, .why = "gone in R4"),
	MAP_ROW("focus code", "=", NULL, .d.codes = capability_types_dstu2,
	    .why = "types were renamed; gone in R4"),
	MAP_ROW("request Reference", "=", NULL, .why = "gone in R4"),
	MAP_ROW("response Reference", "=", NULL, .why = "gone in R4"),
	MAP_ROW("documentation string", "=", NULL, .why = "gone in R4"),
};

static const struct map event = {
	.path = { "Conformance.messaging.event",
	    "CapabilityStatement.messaging.event", NULL },
	MAP_ROWS(event_rows),
};

static const struct map_row messaging_rows[] = {
	MAP_ROW("endpoint * {}", "=", "=", .map = &endpoint),
	MAP_ROW("reliableCache unsignedInt", "=", "="),
	MAP_ROW("documentation string", "=", "documentation markdown",
	    .why = "became markdown"),
	MAP_ROW(NULL, "supportedMessage * {}", "=", .map = &message,
	    .why = "came with STU3"),
	MAP_ROW("event * {}", "=", NULL, .map = &event,
	    .why = "gone in R4: messages have definitions"),
};

static const struct map messaging = { PATH("messaging"),
	MAP_ROWS(messaging_rows) };

static const struct map_row document_rows[] = {
	MAP_ROW("mode code", "=", "="),
	MAP_ROW("documentation string", "=", "documentation markdown",
	    .why = "became markdown"),
	MAP_ROW("profile Reference", "=", "profile canonical",
	    .r.turn = &capability_canonical, .why = "became a canonical URL"),
};

static const struct map document = { PATH("document"),
	MAP_ROWS(document_rows) };

static const struct map_code formats[] = {
	{ "application/json+fhir", "application/fhir+json", MAP_BOTH },
	{ "application/xml+fhir", "application/fhir+xml", MAP_BOTH },
	MAP_END
};

static const struct map_row rows[] = {
	MAP_ROW("url uri", "=", "="),
	MAP_ROW("version string", "=", "="),
	MAP_ROW("name string", "=", "="),
	MAP_ROW(NULL, "title string", "=", .why = "came with STU3"),
	MAP_ROW("status code", "=", "=", .d.hand = true,
	    .why = "unknown is no word of DSTU2, which may leave it out"),
	MAP_ROW("experimental boolean", "=", "="),
	MAP_ROW("date dateTime", "=", "="),
	MAP_ROW("publisher string", "=", "="),
	MAP_ROW("contact * {}", "contact * ContactDetail", "=",
	    .map = &map_ContactDetail, .why = "became a datatype"),
	MAP_ROW("description string", "description markdown", "=",
	    .why = "became markdown"),
	MAP_ROW(NULL, "useContext * UsageContext", "=",
	    .why = "came with STU3"),
	MAP_ROW(NULL, "jurisdiction * CodeableConcept", "=",
	    .why = "came with STU3"),
	MAP_ROW("requirements string", "purpose markdown", "=",
	    .why = "renamed"),
	MAP_ROW("copyright string", "copyright markdown", "=",
	    .why = "became markdown"),
	MAP_ROW("kind code", "=", "="),
	MAP_ROW(NULL, "instantiates * uri", "instantiates * canonical",
	    .why = "came with STU3"),
	MAP_ROW(NULL, NULL, "imports * canonical", .why = "came with R4"),
	MAP_ROW("software {}", "=", "=", .map = &software),
	MAP_ROW("implementation {}", "=", "=", .map = &implementation),
	MAP_ROW("fhirVersion id", "=", "fhirVersion code",
	    .why = "says what is spoken: written anew"),
	MAP_ROW("acceptUnknown code", "=", NULL, .why = "gone in R4"),
	MAP_ROW("format * code", "=", "=", .d.codes = formats,
	    .why = "media types were renamed"),
	MAP_ROW(NULL, "patchFormat * code", "=", .why = "came with STU3"),
	MAP_ROW(NULL, "implementationGuide * uri",
	    "implementationGuide * canonical", .why = "came with STU3"),
	MAP_ROW("profile * Reference", "=", NULL, .why = "gone in R4"),
	MAP_ROW("rest * {}", "=", "=", .map = &capability_rest),
	MAP_ROW("messaging * {}", "=", "=", .map = &messaging, .d.hand = true,
	    .why = "DSTU2 demands events"),
	MAP_ROW("document * {}", "=", "=", .map = &document),
};
/* clang-format on */

static void
status_up(struct convert *c, struct map_object *o)
{
	struct map_value *status = convert_slot(o, NAME_status);

	if (!status->value)
		status->value = convert_text(c, "unknown");
	convert_put(o, "status", *status);
	*status = (struct map_value){ NULL, NULL };
}

static void
status_down(struct convert *c, struct map_object *o)
{
	struct map_value *status = convert_slot(o, NAME_status);

	(void)c;
	if (!str_is(tree_text(status->value), "unknown"))
		convert_put(o, "status", *status);
	*status = (struct map_value){ NULL, NULL };
}

static struct tree_node *
has_events(struct tree_node *n, void *ctx)
{
	(void)ctx;
	return tree_first(tree_at(n, NAME_event)) ? n : NULL;
}

static struct tree_node *
has_none(struct tree_node *n, void *ctx)
{
	return has_events(n, ctx) ? NULL : n;
}

static void
messaging_up(struct convert *c, struct map_object *o)
{
	struct map_value *slot = convert_slot(o, NAME_messaging);
	struct map_value *back = convert_back(o, NAME_messaging);
	struct tree_node *list = capability_list(c, *slot), *n;

	convert_child(o, NAME_messaging, list);
	while ((n = tree_first(back->value)))
		tree_append(list, n);
	convert_put(o, "messaging", (struct map_value){ list, NULL });
	*slot = *back = (struct map_value){ NULL, NULL };
}

/* What speaks of messages without events stays in the slot, for the
 * extension. */
static void
messaging_down(struct convert *c, struct map_object *o)
{
	struct map_value *slot = convert_slot(o, NAME_messaging);
	struct tree_node *all = capability_list(c, *slot);
	struct tree_node *list = convert_copy(c, all);

	tree_sift(list, has_events, NULL);
	tree_sift(all, has_none, NULL);
	slot->value = tree_first(all) ? all : NULL;
	convert_child(o, NAME_messaging, list);
	convert_put(o, "messaging", (struct map_value){ list, NULL });
}

static void
up_from_dstu2(struct convert *c, struct map_object *o)
{
	status_up(c, o);
	messaging_up(c, o);
}

static void
down_to_dstu2(struct convert *c, struct map_object *o)
{
	status_down(c, o);
	messaging_down(c, o);
}

/* Of STU3 its technical correction: what is converted has its elements. */
static void
version_spoken(struct convert *c, struct map_object *o)
{
	static const char *const numbers[FHIR__MAX] = { "1.0.2", "3.0.2",
		"4.0.1" };

	convert_put(o, "fhirVersion",
	    (struct map_value){
		convert_text(c, numbers[convert_to(c)]), NULL });
}

/* What STU3 demands and R4 no longer says. */
static void
unknown_content(struct convert *c, struct map_object *o)
{
	version_spoken(c, o);
	if (!tree_at(convert_object(o), NAME_acceptUnknown))
		convert_put(o, "acceptUnknown",
		    (struct map_value){ convert_text(c, "no"), NULL });
}

const struct map map_capability = {
	.path = { "Conformance", "CapabilityStatement", "CapabilityStatement" },
	MAP_ROWS(rows),
	.resource = true,
	.domain = true,
	.d_up = { up_from_dstu2, version_spoken },
	.d_down = { down_to_dstu2, version_spoken },
	.r_up = { NULL, version_spoken },
	.r_down = { NULL, unknown_content },
};
