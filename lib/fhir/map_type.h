/* map_type.h - the datatypes of FHIR as conversion tables name them
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FHIR_MAP_TYPE_H
#define FHIR_MAP_TYPE_H

#include "base/str.h"

/* How a value of the type stands in JSON. */
enum map_kind {
	MAP_BOOLEAN,
	MAP_NUMBER,
	MAP_TEXT,
	MAP_OBJECT,
	MAP_RESOURCE, /* an object with a resourceType of its own */
	MAP_KIND__MAX
};

/* clang-format off */
#define MAP_TYPES(X) \
  X(boolean, MAP_BOOLEAN) X(integer, MAP_NUMBER) X(unsignedInt, MAP_NUMBER) \
  X(positiveInt, MAP_NUMBER) X(decimal, MAP_NUMBER) X(string, MAP_TEXT) \
  X(markdown, MAP_TEXT) X(code, MAP_TEXT) X(id, MAP_TEXT) X(uri, MAP_TEXT) \
  X(url, MAP_TEXT) X(canonical, MAP_TEXT) X(oid, MAP_TEXT) X(uuid, MAP_TEXT) \
  X(base64Binary, MAP_TEXT) X(instant, MAP_TEXT) X(date, MAP_TEXT) \
  X(dateTime, MAP_TEXT) X(time, MAP_TEXT) X(xhtml, MAP_TEXT) \
  X(Address, MAP_OBJECT) X(Age, MAP_OBJECT) X(Annotation, MAP_OBJECT) \
  X(Attachment, MAP_OBJECT) X(CodeableConcept, MAP_OBJECT) \
  X(Coding, MAP_OBJECT) X(ContactDetail, MAP_OBJECT) \
  X(ContactPoint, MAP_OBJECT) X(Contributor, MAP_OBJECT) X(Count, MAP_OBJECT) \
  X(DataRequirement, MAP_OBJECT) X(Distance, MAP_OBJECT) \
  X(Dosage, MAP_OBJECT) X(Duration, MAP_OBJECT) X(Expression, MAP_OBJECT) \
  X(Extension, MAP_OBJECT) X(HumanName, MAP_OBJECT) X(Identifier, MAP_OBJECT) \
  X(Meta, MAP_OBJECT) X(Money, MAP_OBJECT) X(Narrative, MAP_OBJECT) \
  X(ParameterDefinition, MAP_OBJECT) X(Period, MAP_OBJECT) \
  X(Quantity, MAP_OBJECT) X(Range, MAP_OBJECT) X(Ratio, MAP_OBJECT) \
  X(Reference, MAP_OBJECT) X(RelatedArtifact, MAP_OBJECT) \
  X(SampledData, MAP_OBJECT) X(Signature, MAP_OBJECT) X(Timing, MAP_OBJECT) \
  X(TriggerDefinition, MAP_OBJECT) X(UsageContext, MAP_OBJECT) \
  X(Resource, MAP_RESOURCE)

enum map_type {
	MAP_NONE,
	MAP_BACKBONE, /* an element with children of its own: "{}" */
#define MAP_TYPE_ID(name, kind) MAP_##name,
	MAP_TYPES(MAP_TYPE_ID)
#undef MAP_TYPE_ID
	MAP_TYPE__MAX
};
/* clang-format on */

/* A set of types, as a choice element has them. */
#define MAP_SET(t) ((uint64_t)1 << (t))

enum map_kind map_type_kind(enum map_type t);

/* map_type_name - "CodeableConcept"; "{}" for a backbone.
 * map_type_value - how a choice called value is spelled with that type:
 * "valueCodeableConcept". */
const char *map_type_name(enum map_type t);
const char *map_type_value(enum map_type t);

/* map_type_named - MAP_NONE: no such type. */
enum map_type map_type_named(struct str name);

/* map_type_kin - the type among `set` that holds a value of type t unchanged,
 * when t itself is not there: Age for a Quantity, uri for a url, ... MAP_NONE:
 * there is none. */
enum map_type map_type_kin(enum map_type t, uint64_t set);

#endif
