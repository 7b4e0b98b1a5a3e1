export const errors = {
  'error.title.400': 'That request was not understood',
  'error.title.403': 'That is not allowed',
  'error.title.404': 'Nothing here',
  'error.title.409': 'Somebody was faster',
  'error.title.413': 'That is too much',
  'error.title.415': 'That format is not accepted',
  'error.title.422': 'Please check your input',
  'error.title.429': 'Too many attempts',
  'error.title.500': 'Something went wrong',
  'error.title.503': 'Not available right now',
  'error.title.507': 'Nothing can be saved right now',
  'error.text.400':
    'The address or the form contained something that makes no sense here. Go back and try again.',
  'error.text.403':
    'You may not do this, or the request did not come from this site. If it should be possible, open the page again and repeat what you did.',
  'error.text.404': 'The page does not exist, or it is not yours to see.',
  'error.text.409': 'This was changed in the meantime. Load the page again to see how it stands now.',
  'error.text.413': 'What was sent is larger than a form of this site can be. Nothing was stored.',
  'error.text.415': 'This address takes form fields (application/x-www-form-urlencoded). Nothing was stored.',
  'error.text.422': 'Something in the form is not valid. Nothing was stored.',
  'error.text.429': 'Please wait a moment before you try again.',
  'error.text.500':
    'It is not your fault. Nothing was stored half. If it happens again, tell your administrator this number:',
  'error.text.503': 'The server cannot reach its database or is busy. Please try again in a moment.',
  'error.text.507':
    'The server’s disk is full or cannot be written. Nothing was stored. What is there can still be read. Please tell your administrator: as soon as there is room, saving works again by itself.',
  'error.request_id': 'Request {id}',
  'error.typed': 'What you typed',
  'error.send_again': 'Send it again',
  'error.to_start': 'To the start page',
} as const;
