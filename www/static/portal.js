/* portal.js - copying and saving; every page works without it
 * SPDX-License-Identifier: Apache-2.0 */
"use strict";

function said(text) {
	const place = document.getElementById("said");
	if (place)
		place.textContent = text;
}

function textOf(id) {
	return document.getElementById(id).textContent;
}

for (const button of document.querySelectorAll("[data-copy]")) {
	button.hidden = !navigator.clipboard;
	button.addEventListener("click", async () => {
		await navigator.clipboard.writeText(textOf(button.dataset.copy));
		said(document.getElementById("said")?.dataset.copied ?? "");
	});
}

for (const button of document.querySelectorAll("[data-save]")) {
	button.hidden = false;
	button.addEventListener("click", () => {
		const link = document.createElement("a");
		link.href = URL.createObjectURL(new Blob(
			[textOf(button.dataset.save) + "\n"], { type: "text/plain" }));
		link.download = button.dataset.name;
		link.click();
		URL.revokeObjectURL(link.href);
	});
}

document.getElementById("wrong")?.focus();
