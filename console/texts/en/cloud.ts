export const cloud = {
  title: 'Cloud',
};
