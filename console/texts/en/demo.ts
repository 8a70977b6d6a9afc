export const demo = {
  title: 'Find objects in a picture',
};
