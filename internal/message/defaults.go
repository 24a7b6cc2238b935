package message

import "github.com/crafteasy/auth/sender"

// words are the default texts of one kind. lead and advice stand in the text and in the HTML alike.
type words struct{ subject, lead, advice, sms string }

const (
	ignore = `Give this code to nobody: we never ask for it. If you did not ask for it, you can ignore this mail.`
	check  = `If this was you, there is nothing to do. If it was not, sign in{{with .Origin}} at {{.}}{{end}}, end all other sign-ins and check your account.`
	smsOf  = `.{{with .Domain}}

@{{.}} #{{$.Code}}{{end}}`
	account = ` your {{.AppName}} account`
)

// defaults are the English texts of every kind.
var defaults = map[sender.Kind]words{
	sender.SignInCode: {
		`{{.Code}} is your {{.AppName}} sign-in code`,
		`Enter this code to sign in to {{.AppName}}:`, ignore,
		`{{.Code}} is your {{.AppName}} sign-in code. Valid for {{.Validity}}, do not share it` + smsOf,
	},
	sender.StepUpCode: {
		`{{.Code}} is your {{.AppName}} confirmation code`,
		`Enter this code to confirm at {{.AppName}} that it is you:`, ignore,
		`{{.Code}} is your {{.AppName}} confirmation code. Valid for {{.Validity}}, do not share it` + smsOf,
	},
	sender.ChangeCode: {
		`{{.Code}} confirms your address for {{.AppName}}`,
		`Enter this code to add this address to` + account + `:`, ignore,
		`{{.Code}} confirms this number for {{.AppName}}. Valid for {{.Validity}}, do not share it` + smsOf,
	},
	sender.FactorAdded: notice(
		`An authenticator app was added to`+account,
		`From now on, signing in to`+account+` also asks for a code from your authenticator app.`, check,
	),
	sender.FactorRemoved: notice(
		`An authenticator app was removed from`+account,
		`Signing in to`+account+` no longer asks for a code from your authenticator app.`, check,
	),
	sender.RecoveryCodesRegenerated: notice(
		`New recovery codes for`+account,
		`New recovery codes were made for`+account+`. The old ones no longer work.`, check,
	),
	sender.RecoveryCodesLow: notice(
		`Few recovery codes are left for`+account,
		`A recovery code was used to sign in to`+account+`. Codes left: {{.Remaining}}. Make new ones before you need them.`, check,
	),
	sender.PasskeyAdded: notice(
		`A passkey was added to`+account,
		`A passkey{{with .Detail}} named “{{.}}”{{end}} can now sign in to`+account+`.`, check,
	),
	sender.PasskeyRemoved: notice(
		`A passkey was removed from`+account,
		`A passkey{{with .Detail}} named “{{.}}”{{end}} can no longer sign in to`+account+`.`, check,
	),
	sender.ProviderLinked: notice(
		`{{or .Detail "Another service"}} can now sign in to`+account,
		`A sign-in with {{or .Detail "another service"}} was linked to`+account+`.`, check,
	),
	sender.ProviderUnlinked: notice(
		`{{or .Detail "Another service"}} can no longer sign in to`+account,
		`The sign-in with {{or .Detail "another service"}} was removed from`+account+`.`, check,
	),
	sender.APIKeyAdded: notice(
		`A new API key for`+account,
		`An API key{{with .Detail}} named “{{.}}”{{end}} was made. Programs that have it can now act for`+account+`.`, check,
	),
	sender.APIKeyRemoved: notice(
		`An API key of`+account+` was revoked`,
		`The API key{{with .Detail}} named “{{.}}”{{end}} can no longer act for`+account+`.`, check,
	),
	sender.AddressChanged: notice(
		`The address of`+account+` was changed`,
		`The address of`+account+` was changed{{with .Detail}} to {{.}}{{end}}.`, check,
	),
	sender.AddressInUse: notice(
		`Somebody tried to use your address at {{.AppName}}`,
		`Somebody asked to add this address to another {{.AppName}} account. It belongs to yours, so nothing was changed.`,
		`If it was you, sign in with this address instead{{with .Origin}} at {{.}}{{end}}. If it was not, there is nothing to do.`,
	),
	sender.SuspiciousSignIn: notice(
		`New sign-in to`+account,
		`Somebody signed in to`+account+` in a way that is new{{with .Detail}}: {{.}}{{end}}.`, check,
	),
	sender.SessionReuse: notice(
		`A sign-in to`+account+` was ended`,
		`A sign-in to`+account+` was used from two places at once, as happens when it is stolen. It was ended.`,
		`Sign in again{{with .Origin}} at {{.}}{{end}}. If you did not use two copies of one browser, look at your other sign-ins too.`,
	),
	sender.SessionsEnded: notice(
		`Sign-ins to`+account+` were ended`,
		`Sign-ins to`+account+` were ended. Those devices have to sign in again.`, check,
	),
	sender.AccountReset: notice(
		`The second factor of`+account+` was reset`,
		`The second factors and recovery codes of`+account+` were removed{{with .Detail}}: {{.}}{{end}}.`, check,
	),
	sender.AccountErased: notice(
		`Your {{.AppName}} sign-in data was erased`,
		`Everything {{.AppName}} kept for signing you in was erased.`,
		`If you did not ask for this, contact {{.AppName}}{{with .Origin}} at {{.}}{{end}}.`,
	),
}

func notice(subject, lead, advice string) words {
	sms := `{{.AppName}}: ` + subject + `.`
	if advice == check {
		sms += ` Not you? Sign in and check your account.`
	}
	return words{subject, lead, advice, sms}
}
