/* facade_emulate.h - filters and sorts for a provider that does not
 * SPDX-License-Identifier: Apache-2.0
 *
 * All pages of what was asked are read, at most pages_walked of them; what fits
 * is counted and put in order, and one page of it is shown. */
#ifndef APP_FACADE_EMULATE_H
#define APP_FACADE_EMULATE_H

#include "app/facade_plan.h"

/* facade_emulate - run->b becomes the page that begins behind offset matches.
 *   *matches  in all pages; when not all could be read at least so many, and a
 *             note says so
 * false: w->err; a page that could not be had fails all of it, for what it
 * holds might come first. */
bool facade_emulate(struct visit *v, struct facade_run *run, uint64_t offset,
    uint64_t *matches);

#endif
