/* version.h - the three FHIR versions: names, faces, media types, shapes
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FHIR_VERSION_H
#define FHIR_VERSION_H

#include "base/err.h"
#include "base/str.h"
#include "fhir/tree.h"

enum fhir_version { FHIR_DSTU2, FHIR_STU3, FHIR_R4, FHIR__MAX };

/* One bit per version, for tables whose rows hold for several. */
#define FHIR_BIT(v) (1u << (v))
#define FHIR_ALL    (FHIR_BIT(FHIR__MAX) - 1)

/* "DSTU2", "STU3", "R4"; and back, letters of either case. */
const char *version_name(enum fhir_version v);
bool version_named(enum fhir_version *v, struct str name);

/* version_number - `fhirVersion` of a statement: 1.0.2, 3.0.1, 4.0.1. */
const char *version_number(enum fhir_version v);

/* version_numbered - reads such a number: 1.0.x, 3.0.x and 4.0.x, and the two
 * parts 1.0, 3.0, 4.0 of the MIME parameter. false: none of ours. */
bool version_numbered(enum fhir_version *v, struct str number);

/* version_mime - Content-Type of our answers, charset included.
 * version_type - the same without charset, for `format` and Accept. */
const char *version_mime(enum fhir_version v);
const char *version_type(enum fhir_version v);

/* version_face - path of its own face: "/fhir/dstu2", "/fhir/stu3",
 * "/fhir/r4". */
const char *version_face(enum fhir_version v);
#define VERSION_FACE_DEFAULT "/fhir"

/* What a request's path says: which face, and what is asked of it. */
struct version_face {
	enum fhir_version version; /* of the default face: as given */
	bool fixed;                /* the path itself names the version */
	struct str path;           /* "/fhir/r4" or "/fhir" */
	struct str rest;           /* "", "/", "/Patient/1", ... */
};

/* version_of_path - splits a request path (no query) at the end of its face.
 *   initial  version of the default face
 * false: the path is under no face. Slices are parts of path. */
bool version_of_path(
    struct version_face *f, struct str path, enum fhir_version initial);

/* version_is_json - is this media type (parameters and all) one of the JSON
 * types of any version? For Content-Type of requests and of providers. */
bool version_is_json(struct str media);

/* version_media_fits - may a provider of this version answer with this media
 * type: JSON, and no fhirVersion parameter that names another version? */
bool version_media_fits(enum fhir_version v, struct str media);

/* version_accepted - can what we write be what the caller wants?
 *   f       its face; on the default face a fhirVersion parameter in Accept
 *           or _format chooses f->version
 *   accept  the Accept field, absent if there is none
 *   format  decoded value of _format, which wins over Accept; absent or empty
 *           if there is none. A blank stands for the + of a MIME type.
 * false: ERR_NOT_ACCEPTED: neither JSON nor a wildcard among them, or a
 * fhirVersion parameter that is not the version of the face.
 * Source: RFC 9110 12.5.1; FHIR R4 http 3.1.0.1.11, 3.1.0.1.12. */
bool version_accepted(struct version_face *f, struct str accept,
    struct str format, struct err *e);

/* version_fits - may this resource be of this version? Looks at the elements
 * that only some versions have, and at those that changed between one and
 * many, or between code and concept. Lenient: what fits no version at all, and
 * types it knows nothing about, pass.
 *   resource  one resource; for a bundle ask entry by entry
 * false: ERR_UPSTREAM_BAD, with the element in `why`. */
bool version_fits(
    enum fhir_version v, const struct tree_node *resource, struct err *e);

#endif
