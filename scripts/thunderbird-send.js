/*
 * What thunderbird-send has Thunderbird do: the body of a function that runs
 * among its windows.  Writes a letter of each form in a window for composing,
 * as a writer would, and sends it.  Returns a line "sent FORM" for each, in the
 * encoding of URIs.
 */
const { MailServices } =
    ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");

const [recipient, file, ...forms] = arguments;

const until = async ask => {
	for (;;) {
		const answer = ask();
		if (answer) {
			return answer;
		}
		await new Promise(resolve => window.setTimeout(resolve, 50));
	}
};

/* The key came with one certificate; the others are of authorities. */
const chooseCertificate = identity => {
	const db = Cc["@mozilla.org/security/x509certdb;1"]
	    .getService(Ci.nsIX509CertDB);
	const cert = db.getCerts()
	    .find(candidate => candidate.emailAddress == identity.email);

	identity.setUnicharAttribute("signing_cert_name", cert.displayName);
	identity.setCharAttribute("signing_cert_dbkey", cert.dbKey);
};

const ascii = ["Yth. Bapak/Ibu,", "", "Surat biasa.", "-- ", "Pengirim"];

/* Characters outside ASCII, what dots and dashes do, and a long line. */
const letter = [
	"Yth. Bapak/Ibu …",
	"",
	"Kami sampaikan “undangan rapat” – hari Jum’at, 09.00 WIB.",
	".",
	"From sini ke sana: " + "panjang ".repeat(40),
	"-- ",
	"Pengirim",
];

const inHtml = lines => "<p>" + lines.join("<br>") + "</p>";

const attached = () => {
	const attachment = Cc["@mozilla.org/messengercompose/attachment;1"]
	    .createInstance(Ci.nsIMsgAttachment);
	const local = Cc["@mozilla.org/file/local;1"]
	    .createInstance(Ci.nsIFile);

	local.initWithPath(file);
	attachment.url = Services.io.newFileURI(local).spec;
	attachment.name = local.leafName;
	return attachment;
};

const parameters = (identity, form) => {
	const fields = Cc["@mozilla.org/messengercompose/composefields;1"]
	    .createInstance(Ci.nsIMsgCompFields);
	const params = Cc["@mozilla.org/messengercompose/composeparams;1"]
	    .createInstance(Ci.nsIMsgComposeParams);
	const isPlain = form == "plain" || form == "ascii";
	const lines = form == "ascii" ? ascii : letter;

	fields.to = recipient;
	fields.subject = form;
	fields.body = isPlain ? lines.join("\n") : inHtml(lines);
	fields.deliveryFormat = isPlain ?
	    Ci.nsIMsgCompSendFormat.PlainText : Ci.nsIMsgCompSendFormat.Both;
	if (form == "attachment") {
		fields.addAttachment(attached());
	}
	params.identity = identity;
	params.composeFields = fields;
	params.type = Ci.nsIMsgCompType.New;
	params.format = isPlain ?
	    Ci.nsIMsgCompFormat.PlainText : Ci.nsIMsgCompFormat.HTML;
	return params;
};

/* A window that has sent stays a while. */
const used = new Set();

const composing = () => {
	const top = Services.wm.getMostRecentWindow("msgcompose");

	return top?.gLoadingComplete && !used.has(top) && top;
};

/* Thunderbird's own word on whether it has sent it. */
const sent = top => new Promise((resolve, reject) =>
    top.gMsgCompose.RegisterStateListener({
	NotifyComposeFieldsReady() {},
	NotifyComposeBodyReady() {},
	SaveInFolderDone() {},
	ComposeProcessDone: result => result == Cr.NS_OK ? resolve() :
	    reject(new Error(`not sent: ${result}`)),
    }));

const send = async (identity, form) => {
	MailServices.compose
	    .OpenComposeWindowWithParams(null, parameters(identity, form));
	const top = await until(composing);
	used.add(top);
	if (!top.gSendSigned || top.gSelectedTechnologyIsPGP) {
		throw new Error(form + ": would not be signed with S/MIME");
	}
	const done = sent(top);
	top.goDoCommand("cmd_sendNow");
	await done;
	return `sent ${form}\n`;
};

const sendAll = async () => {
	const [identity] = MailServices.accounts.defaultAccount.identities;
	let said = "";

	chooseCertificate(identity);
	for (const form of forms) {
		said += await send(identity, form);
	}
	return encodeURIComponent(said);
};

return sendAll();
