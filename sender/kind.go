package sender

// Channel is the way a message takes.
type Channel string

// The channels.
const (
	EmailChannel Channel = "email"
	SMSChannel   Channel = "sms"
)

// Kind names what a message says. The first three carry a code, the others tell the owner of an account that something
// happened to it.
type Kind string

// The kinds of message.
const (
	// SignInCode carries the code of a sign-in.
	SignInCode Kind = "sign_in_code"
	// StepUpCode carries the code that proves again who is signed in.
	StepUpCode Kind = "step_up_code"
	// ChangeCode goes to a new address and proves that its owner wants it on the account.
	ChangeCode Kind = "change_code"

	// FactorAdded and FactorRemoved are about an authenticator app.
	FactorAdded   Kind = "factor_added"
	FactorRemoved Kind = "factor_removed"
	// RecoveryCodesRegenerated says that the old recovery codes are void; RecoveryCodesLow that few are left ([Data.Remaining]).
	RecoveryCodesRegenerated Kind = "recovery_codes_regenerated"
	RecoveryCodesLow         Kind = "recovery_codes_low"
	// PasskeyAdded and PasskeyRemoved name the passkey in [Data.Detail].
	PasskeyAdded   Kind = "passkey_added"
	PasskeyRemoved Kind = "passkey_removed"
	// ProviderLinked and ProviderUnlinked name the provider in [Data.Detail].
	ProviderLinked   Kind = "provider_linked"
	ProviderUnlinked Kind = "provider_unlinked"
	// APIKeyAdded and APIKeyRemoved name the key in [Data.Detail]. A new secret for an old key is an addition.
	APIKeyAdded   Kind = "api_key_added"
	APIKeyRemoved Kind = "api_key_removed"
	// AddressChanged goes to the old address and to the new one. [Data.Detail] is the new one, masked.
	AddressChanged Kind = "address_changed"
	// AddressInUse tells the owner of an address that another account asked for it.
	AddressInUse Kind = "address_in_use"
	// SuspiciousSignIn is a sign-in that deserves a look: from a new device, or with a recovery code. [Data.Detail] says which.
	SuspiciousSignIn Kind = "suspicious_sign_in"
	// SessionReuse says that a token was used after it had been replaced, and that the session was ended.
	SessionReuse Kind = "session_reuse"
	// SessionsEnded says that sign-ins were ended.
	SessionsEnded Kind = "sessions_ended"
	// AccountReset says that the second factors were removed by support. [Data.Detail] is the reason.
	AccountReset Kind = "account_reset"
	// AccountErased says that all that was kept for signing in is gone.
	AccountErased Kind = "account_erased"
)

// Kinds answers all kinds, in the order of their declaration.
func Kinds() []Kind {
	return []Kind{
		SignInCode, StepUpCode, ChangeCode, FactorAdded, FactorRemoved, RecoveryCodesRegenerated, RecoveryCodesLow,
		PasskeyAdded, PasskeyRemoved, ProviderLinked, ProviderUnlinked, APIKeyAdded, APIKeyRemoved, AddressChanged, AddressInUse, SuspiciousSignIn,
		SessionReuse, SessionsEnded, AccountReset, AccountErased,
	}
}

// Purpose says whether the kind carries a code.
func (k Kind) Purpose() Purpose {
	switch k {
	case SignInCode, StepUpCode, ChangeCode:
		return Code
	default:
		return Notice
	}
}
