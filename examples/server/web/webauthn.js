// The library's module for passkeys. It is not there where passkeys are off, as for an issuer that is an address: then nothing is offered.
const off = { supported: () => false, canAutofill: async () => false };

export default await import("/auth/webauthn.js").catch(() => off);
