// SPDX-License-Identifier: MIT
// npm's smtp-server with its own settings but for the size and the times of silence; letters go to
// FOLDER/USER/NUMBER.eml. Arguments: the folder, the port, the port with TLS, the domain, the size;
// the password of ann and bob on standard input.
const fs = require('fs');
const path = require('path');
const { SMTPServer } = require('smtp-server');

const [folder, port, tlsPort, domain, size] = process.argv.slice(2);
const password = fs.readFileSync(0, 'utf8').trimEnd();
const users = ['ann', 'bob'];
let count = 0;

function refusal(code, text) {
  const error = new Error(text);
  error.responseCode = code;
  return error;
}

function userOf(address) {
  const [localPart, at] = address.toLowerCase().split('@');
  if (localPart === 'postmaster') return 'bob';
  return users.includes(localPart) && at === domain ? localPart : null;
}

function store(stream, session, callback) {
  const pieces = [];
  stream.on('data', (piece) => pieces.push(piece));
  stream.on('end', () => {
    if (stream.sizeExceeded) {
      callback(refusal(552, 'Message exceeds fixed maximum message size'));
      return;
    }
    for (const user of new Set(session.envelope.rcptTo.map((to) => userOf(to.address)))) {
      fs.mkdirSync(path.join(folder, user), { recursive: true });
      fs.writeFileSync(path.join(folder, user, `${process.pid}-${++count}.eml`), Buffer.concat(pieces));
    }
    callback();
  });
}

function serve(secure) {
  const server = new SMTPServer({
    secure,
    key: fs.readFileSync(path.join(folder, 'server-key.pem')),
    cert: fs.readFileSync(path.join(folder, 'server.pem')),
    size: Number(size),
    socketTimeout: 6000,
    closeTimeout: 2000,
    authOptional: true,
    logger: false,
    onAuth(auth, session, callback) {
      if (users.includes(auth.username) && auth.password === password) callback(null, { user: auth.username });
      else callback(refusal(535, 'Authentication failed'));
    },
    onRcptTo(address, session, callback) {
      callback(userOf(address.address) ? null : refusal(550, 'No such user'));
    },
    onData: store,
  });
  server.on('error', (error) => console.error(error.message));
  return server;
}

const plain = serve(false);
const secure = serve(true);
plain.listen(Number(port), '127.0.0.1');
secure.listen(Number(tlsPort), '127.0.0.1');
process.on('SIGTERM', () => {
  secure.close();
  plain.close(() => process.exit(0));
});
