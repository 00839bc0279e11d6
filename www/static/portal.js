/* portal.js - copying, saving, staying signed in; every page works without it
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

/* The end of the sign-in is said before it comes, and put off by a button without
 * leaving the page. Other windows of this browser hear of it. */
const SOON_S = 120, LATE_S = 300;

class SignedIn {
	constructor(box) {
		this.box = box;
		this.status = document.getElementById("ending");
		this.form = document.getElementById("stay");
		this.others = new BroadcastChannel("wardgate");
		this.others.onmessage = (event) => this.take(event.data);
		this.form.addEventListener("submit", (event) => {
			event.preventDefault();
			this.stay();
		});
		this.take({ ...box.dataset });
		this.others.postMessage({ ...box.dataset });
		setInterval(() => this.look(), 1000);
	}

	take(seconds) {
		this.box.dataset.idle = seconds.idle;
		this.box.dataset.life = seconds.life;
		this.since = Date.now();
		this.look();
	}

	left(which) {
		return Number(this.box.dataset[which]) -
			(Date.now() - this.since) / 1000;
	}

	state() {
		const idle = this.left("idle"), life = this.left("life");
		if (idle <= 0)
			return "over";
		if (idle <= SOON_S && idle < life)
			return "soon";
		return life <= LATE_S ? "late" : "";
	}

	look() {
		const now = this.state();
		if (now !== this.said)
			this.say(now, now);
		this.said = now;
	}

	say(which, look) {
		this.status.textContent = this.status.dataset[which] ?? "";
		this.box.className = "session " + look;
	}

	async stay() {
		const sent = new URLSearchParams(new FormData(this.form));
		sent.set("to", "/help");
		let text;
		try {
			text = await (await fetch(this.form.action,
				{ method: "POST", body: sent })).text();
		} catch {
			this.form.submit();
			return;
		}
		const fresh = new DOMParser().parseFromString(text, "text/html")
			.getElementById("session");
		if (!fresh) {
			this.say("over", "over");
			return;
		}
		document.getElementById("ends")
			.replaceWith(fresh.querySelector("#ends"));
		this.take(fresh.dataset);
		this.others.postMessage({ ...fresh.dataset });
		if (!this.said)
			this.say("stays", "");
	}
}

const box = document.getElementById("session");
if (box)
	new SignedIn(box);
