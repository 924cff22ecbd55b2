// SPDX-License-Identifier: MIT
// A plugin of Haraka's: takes letters for ann and bob, and writes them to FOLDER/USER/NUMBER.eml.
const fs = require('fs');
const path = require('path');

const folder = process.env.SINK_FOLDER;
const domain = process.env.SINK_DOMAIN;
const users = ['ann', 'bob'];
let count = 0;

function userOf(address) {
  const localPart = address.user.toLowerCase();
  if (localPart === 'postmaster') return 'bob';
  return users.includes(localPart) && address.host.toLowerCase() === domain ? localPart : null;
}

exports.hook_rcpt = function (next, connection, params) {
  if (userOf(params[0])) next(OK);
  else next(DENY, 'No such user');
};

exports.hook_queue = function (next, connection) {
  const names = new Set(connection.transaction.rcpt_to.map(userOf));
  connection.transaction.message_stream.get_data((text) => {
    for (const user of names) {
      fs.mkdirSync(path.join(folder, user), { recursive: true });
      fs.writeFileSync(path.join(folder, user, `${process.pid}-${++count}.eml`), text);
    }
    next(OK);
  });
};
