/* words.h - what people read, in their language
 * SPDX-License-Identifier: Apache-2.0
 *
 * The words stand in the source in English; www/locale/TAG.po holds them in
 * another language, and the build makes of it the binary catalogue of GNU
 * gettext that is read here, once, before threads start. No locale of the host
 * is used: which language somebody reads is said by each call. */
#ifndef WEB_WORDS_H
#define WEB_WORDS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum words_lang {
	WORDS_EN,
	WORDS_IT,
	WORDS_RU,
	WORDS_PT_BR,
	WORDS_ZH_HANS,
	WORDS__MAX
};

/* words_start - the catalogues in folder dir, TAG.mo each; they live in a.
 * false: ERR_CONF. */
bool words_start(struct arena *a, const char *dir, struct err *e);

/* words_tag - BCP 47; words_name - what the language calls itself. */
const char *words_tag(enum words_lang lang);
const char *words_name(enum words_lang lang);

/* words_lang_of - by its tag, letter case aside; WORDS__MAX: not one of ours. */
enum words_lang words_lang_of(struct str tag);

/* words_accepted - the best of what an Accept-Language field asks for (RFC 9110
 * 12.5.4, RFC 4647 3.4 lookup); English when it names none of ours. */
enum words_lang words_accepted(struct str accept_language);

/* words_of - english in that language, immutable; english itself where the
 * catalogue lacks it. */
struct str words_of(enum words_lang lang, struct str english);

/* words_count - the same for a text with a number in it: the form that n asks
 * for. Catalogues know it under `one` and `other` (gettext's plurals). */
struct str words_count(
    enum words_lang lang, struct str one, struct str other, int64_t n);

/* words_said - a sentence that values were put into already, english, in that
 * language. The catalogue knows its form, "The time {1} is not in the future.";
 * what stands for {1} to {8} is put into the other language's form, translated
 * itself where the catalogue has it. A value in quotes is one value. A sentence of
 * no form stays as it is. Borrowed from a, or from english. */
struct str words_said(
    struct arena *a, enum words_lang lang, struct str english);

/* words_number - n grouped as the language does it: 12,345. Borrowed from a. */
const char *words_number(struct arena *a, enum words_lang lang, int64_t n);

#endif
