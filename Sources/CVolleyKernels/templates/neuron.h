static size_t VK_NAME(neuron)(const vk_neuron *layer, int first_step, int steps, size_t n, const float *input,
                     size_t input_stride, float *sent, float *baseline, int8_t *codes, float *emitted, float *estimate,
                     size_t out_stride, int64_t *counts) {
  
  size_t bad=0;
  for(size_t i=0;i<n;i++){ float S=sent?sent[i]:0;
    for(int s=0;s<steps;s++){ float t=first_step+s; float x=input[s*input_stride+i]; float ti=t*x; float m=layer->differential? t*(x-S): ti-S; m+=layer->initial_potential; bad+=!(m-m==0);
      int side=m<0; float a=m<0?-m:m; int g=0; for(int k=0;k<layer->levels;k++) if(a>=layer->cutoffs[side][k]) g=k+1;
      float v=g?(side?-layer->thresholds[1][g-1]:layer->thresholds[0][g-1]):0; if(g)counts[s*2*layer->levels+side*layer->levels+g-1]++;
      if(layer->differential)S+=v/t; else S+=v; if(emitted)emitted[s*out_stride+i]=v; if(codes)codes[s*out_stride+i]=side?-g:g; if(estimate)estimate[s*out_stride+i]=layer->differential?S:S/t; }
    if(sent)sent[i]=S; }
  return bad;
}

static size_t VK_NAME(count_nonzero)(size_t n, const float *in) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++) count += in[i] != 0.0f;
    return count;
}

static void VK_NAME(count_nonzero_columns)(size_t rows, size_t n, const float *in, int64_t *counts) {
    for (size_t r = 0; r < rows; r++, in += n)
        for (size_t i = 0; i < n; i++) counts[i] += in[i] != 0.0f;
}

static void VK_NAME(count_nonzero_rows)(size_t rows, size_t n, const float *in, int64_t *counts) {
    for (size_t r = 0; r < rows; r++) counts[r] += VK_NAME(count_nonzero)(n, in + r * n);
}

static int VK_NAME(all_finite)(size_t n, const float *in) {
    v16 sum = splat(0.0f);
    size_t i = 0;
    for (; i + VK_LANES <= n; i += VK_LANES) sum += load(in + i) * 0.0f;
    if (i < n) sum += load_some(in + i, n - i, 0.0f) * 0.0f;
    return sum_lanes(sum) == 0.0f;
}
