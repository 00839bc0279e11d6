/* face_page.h - what a person sees who opens a face in a browser
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_FACE_PAGE_H
#define APP_FACE_PAGE_H

#include "base/conf.h"
#include "fhir/version.h"
#include "web/page.h"

/* face_page_write - the page for a face of version v: what this is, whom to
 * ask, where the statements are. Holds nothing of the request. Goes with
 * PAGE_TYPE and page_csp. */
void face_page_write(
    struct buf *b, const struct conf *conf, enum fhir_version v);

#endif
