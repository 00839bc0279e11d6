/* template.h - pages as files: HTML with holes, which are always escaped
 * SPDX-License-Identifier: Apache-2.0
 *
 * Read once at start; a mistake in one keeps the program from starting. What
 * stands in double braces is
 *
 *     {{name}}               a value (web/view)
 *     {{#name}} {{/name}}    once per row of a list; or once if name is there
 *     {{#name=word}}         once if its text is that word
 *     {{^name}} {{/name}}    once if it is not there, empty, or has no row
 *     {{>part}}              another file of the same folder
 *     {{_ words {name}}}     in the reader's language, with values in it
 *     {{+name one|other}}    the same, in the form that the number wants
 *     {{@file}}              address of a static file (www/static)
 *
 * Values and words may stand in text and in attributes in double quotes,
 * nowhere else; sections may not cut a tag in two. An address (href, src,
 * action, formaction) begins with letters of the template's own, or is a
 * VIEW_LINK as a whole; values inside one are percent-encoded. There is no
 * place for script or style. */
#ifndef WEB_TEMPLATE_H
#define WEB_TEMPLATE_H

#include "base/buf.h"
#include "base/err.h"
#include "web/view.h"
#include "web/words.h"

struct templates;

/* templates_open - all NAME.html in `dir`, borrowed from a, like what they
 * need. `assets` holds the static files, as NAME.HASH.EXTENSION; `base` is the
 * address of that folder. NULL: ERR_CONF with file, line and what is wrong. */
const struct templates *templates_open(struct arena *a, const char *dir,
    const char *assets, const char *base, struct err *e);

/* template_write - the page `name`, filled. false: there is no such file, or
 * b failed. */
bool template_write(struct buf *b, const struct templates *t, const char *name,
    const struct view *v, enum words_lang lang);

#endif
