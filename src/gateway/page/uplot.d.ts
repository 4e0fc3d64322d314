// What `/page/uplot.js` is: uPlot's own module, which the gateway serves under that name.
export { default } from 'uplot'
