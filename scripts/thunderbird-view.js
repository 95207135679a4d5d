/*
 * What thunderbird-view has Thunderbird do: the body of a function that runs
 * among its windows. Waits until the mail is shown and its signature judged,
 * opens the message security panel, and returns what is to be read there, in
 * lines "name: value" and the encoding of URIs.
 */
const errors = Ci.nsICMSMessageErrors;

const until = async ask => {
	for (;;) {
		const answer = ask();
		if (answer) {
			return answer;
		}
		await new Promise(resolve => window.setTimeout(resolve, 50));
	}
};

/* The document around the mail, which has a window of its own. */
const messageDocument = () =>
    Services.wm.getMostRecentWindow("mail:messageWindow")
	?.document.getElementById("messageBrowser")?.contentWindow;

/*
 * Thunderbird first loads an empty document at the same address, and says of
 * that too that the message is loaded. What can be seen is the message.
 */
const isShown = about => {
	const { body, readyState } = about.getMessagePaneBrowser()
	    .contentDocument;
	return readyState == "complete" && body?.checkVisibility();
};

/*
 * A signature is judged in the background. Those that it has begun to judge
 * are counted while the message is loaded.
 */
const isJudged = about =>
    about.gReceivedSignatureCount >= about.gExpectedSignatureCount &&
    about.gSignatureStatus != errors.VERIFY_NOT_YET_ATTEMPTED;

const finishedMessage = () => {
	const about = messageDocument();

	return about?.msgLoaded && isShown(about) && isJudged(about) && about;
};

/* The status bar tells, too late, that a message is being loaded. */
const fillScreen = async top => {
	top.document.getElementById("status-bar").hidden = true;
	top.moveTo(0, 0);
	top.resizeTo(top.screen.availWidth, top.screen.availHeight);
	await until(() => top.outerWidth == top.screen.availWidth);
};

const openPanel = async about => {
	const button = about.document.getElementById("encryptionTechBtn");
	const panel = about.document.getElementById("messageSecurityPanel");

	if (!button.checkVisibility()) {
		return false;
	}
	button.click();
	await until(() => panel.state == "open");
	return true;
};

const painted = top => new Promise(resolve =>
    top.requestAnimationFrame(() => top.requestAnimationFrame(resolve)));

const textOf = element =>
    element.closest("[collapsed], [hidden]") ? "" : element.textContent;

const aboutMessage = about => {
	const status = about.gSignatureStatus;
	const icon = about.document.getElementById("signedHdrIcon");
	const headers = about.currentHeaderData;
	const body = about.getMessagePaneBrowser().contentDocument.body;

	return {
		state: about.smimeSignedStateToString(status) ?? "none",
		status: Object.keys(errors)
		    .find(name => errors[name] === status) ?? status,
		icon: icon.checkVisibility() ? icon.alt : "",
		subject: headers.subject?.headerValue ?? "",
		from: headers.from?.headerValue ?? "",
		text: body.innerText,
		attachments: about.currentAttachments
		    .map(attachment => attachment.name).join(", "),
	};
};

const aboutSignature = about => {
	const text = id => textOf(about.document.getElementById(id));

	return {
		label: text("signatureLabel"),
		header: text("signatureHeader"),
		explanation: text("signatureExplanation"),
		signer: text("signedBy"),
		email: text("signerEmail"),
		issuer: text("sigCertIssuedBy"),
	};
};

const line = ([name, value]) =>
    `${name}: ${String(value).trim().replace(/\s+/g, " ")}\n`;

const view = async () => {
	const about = await until(finishedMessage);
	await fillScreen(about.top);
	const opened = await openPanel(about);
	await painted(about.top);
	const said = {
		...aboutMessage(about),
		...(opened ? aboutSignature(about) : {}),
	};
	return encodeURIComponent(Object.entries(said).map(line).join(""));
};

return view();
