// Package message writes the mails and text messages: codes for whoever signs in, notices for the owners of accounts.
//
// A [Renderer] fills in the service's name and origin, cleans what strangers can choose, renders the texts and checks
// the result. Hosts change single texts with [sender.Templates] or everything with a [sender.Renderer]; both get the
// same cleaned [sender.Data].
//
// A message goes to a person who may not have asked for it, at the wish of a stranger. So nothing that the stranger can
// choose is repeated in it: a browser is named from a list, an address is shown only if it is one, and the only link is
// the configured origin.
package message
