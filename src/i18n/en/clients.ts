export const clients = {
  'clients.lead': 'Who you work for.',
  'clients.new': 'New client',
  'clients.edit': 'Edit client',
  'clients.edit_named': 'Edit {name}',
  'clients.name': 'Name',
  'clients.project_count': '{projects, plural, =0 {No projects} one {# project} other {# projects}}',
  'clients.no_projects': 'No projects for this client yet',
  'clients.none': 'No clients yet',
  'clients.none_text': 'Clients group projects, and reports can be asked for one client.',
  'clients.none_archived': 'No archived clients',
  'clients.taken': 'There is already a client of that name.',
  'clients.end_title': 'When it is over',
  'clients.archive_text':
    'The projects of an archived client are not offered for new time. Booked time stays in reports, and the client can be restored.',
  'clients.archived_text':
    'This client is archived: its projects are not offered for new time. Booked time stays in reports.',
  'clients.delete_impossible':
    'It cannot be deleted, because it has {projects, plural, one {# project} other {# projects}}. Archive it instead.',
  'clients.has_projects': 'This client has projects, so it was not deleted. Archive it instead.',
  'clients.delete_question': 'Delete this client …',
  'clients.delete_text': 'It has no projects. Deleting cannot be undone.',
  'clients.delete': 'Delete client',
  'clients.created': 'The client was created.',
  'clients.saved': 'The client was saved.',
  'clients.archived': 'The client was archived.',
  'clients.restored': 'The client was restored.',
  'clients.deleted': 'The client was deleted.',
} as const;
