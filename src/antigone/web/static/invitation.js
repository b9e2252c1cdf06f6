// The secret of an invitation stays behind the "#", which browsers send to no server.
const secret = window.location.hash.slice(1);
const field = document.getElementById("secret");
if (secret && field && !field.value) {
  field.value = secret;
  history.replaceState(null, "", window.location.pathname);
}
