export const fleet = {
  title: 'Sites',
};
