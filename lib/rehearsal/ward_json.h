/* ward_json.h - writes FHIR JSON of any version, comma by comma
 * SPDX-License-Identifier: Apache-2.0
 *
 * Members in the order they are written. A NULL key writes an element of a
 * list; NULL text writes nothing. Code systems that changed their URL with R4
 * are given by their old name after "hl7:", such as "hl7:v2/0203". */
#ifndef APP_WARD_JSON_H
#define APP_WARD_JSON_H

#include "base/buf.h"
#include "fhir/version.h"

struct ward_json {
	struct buf *b;
	enum fhir_version v;
};

/* bracket: '{' or '[', and '}' or ']'. */
void ward_open(struct ward_json *j, const char *key, char bracket);
void ward_close(struct ward_json *j, char bracket);

void ward_text(struct ward_json *j, const char *key, const char *text);

/* ward_textf - the same, formatted. */
void ward_textf(struct ward_json *j, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* ward_raw - a number or a boolean, as it is to stand there. */
void ward_raw(struct ward_json *j, const char *key, const char *value);

void ward_coding(struct ward_json *j, const char *key, const char *system,
    const char *code, const char *display);

/* ward_concept - CodeableConcept with one coding; display is its text too. */
void ward_concept(struct ward_json *j, const char *key, const char *system,
    const char *code, const char *display);

/* ward_refer - Reference; the id is formatted. */
void ward_refer(struct ward_json *j, const char *key, const char *display,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* ward_quantity - with UCUM unit. */
void ward_quantity(struct ward_json *j, const char *key, const char *value,
    const char *unit, const char *ucum);

/* ward_narrative - `text`: a generated div with one paragraph. */
void ward_narrative(struct ward_json *j, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
