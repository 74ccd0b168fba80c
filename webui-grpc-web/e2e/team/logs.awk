BEGIN {
  dim = "\033[2m"; grey = "\033[90m"; red = "\033[31m"; green = "\033[32m"; yellow = "\033[33m"; cyan = "\033[36m"; bold = "\033[1m"; plain = "\033[0m"
  srand(7)
  if (job == "train") train()
  else if (job == "finetune") finetune()
  else if (job == "reward") reward()
  else if (job == "embed") embed()
  else if (job == "tokenize") tokenize()
  else if (job == "evaluate") evaluate()
  else info(job " done")
}

function say(text) { print text; fflush() }
function warn(text) { print text > "/dev/stderr"; fflush("/dev/stderr") }
function info(text) { say(dim "[" job "]" plain " " text) }
# As exp(-x) goes, which busybox may not have.
function fall(x) { return 1 / (1 + x + x * x / 2) }
function pause(seconds) { fflush(); system("sleep " seconds) }

function bar(part, width, i, text) {
  text = green
  for (i = 0; i < width; i++) { if (i == int(part * width)) text = text plain grey; text = text "━" }
  return text plain
}

function train(epoch, step, loss, top) {
  info("resnet50 on " bold "imagenet-1k" plain ": 1,281,167 images, 1,000 classes")
  info("4 workers, bf16, batch 1024, lr 0.4 cosine, 90 epochs")
  warn("UserWarning: dataloader: 8 of 1,281,167 images have corrupt EXIF data; they are read without it")
  for (epoch = 1; epoch <= 90; epoch++) {
    loss = 1.9 + 4.9 * fall(epoch / 5) + rand() / 20
    top = 76.2 * (1 - fall(epoch / 4)) + rand() / 2
    for (step = 1; step <= 4; step++) {
      say(sprintf("epoch %s%2d%s/90  %s %3d %%  loss %s%.3f%s  %s%d img/s%s", bold, epoch, plain, bar(step / 4, 24), step * 25,
        cyan, loss + (4 - step) / 40, plain, dim, 3610 + rand() * 120, plain))
      if (epoch > 11) pause(1)
    }
    say(sprintf("%s✓ validation%s  loss %.3f  top-1 %s%.2f %%%s  top-5 %.2f %%", green, plain, loss - 0.1, bold, top, plain, top + (100 - top) * 0.7))
    if (epoch % 5 == 0) info("checkpoint written to /ckpt/resnet50/epoch-" epoch ".pt")
    if (epoch % 7 == 0) warn(yellow "WARNING" plain " gradient norm 41.7 is above 10: clipped")
  }
}

function finetune(step) {
  info("llama-8b with LoRA, r 16: 41.9 M of 8.03 B parameters are trained")
  for (step = 10; ; step += 10) {
    say(sprintf("step %5d  loss %s%.4f%s  lr %.2e  %s%d tok/s%s", step, cyan, 0.9 + 1.4 * fall(step / 300) + rand() / 30, plain, 0.0002 * fall(step / 9000), dim, 11800 + rand() * 500, plain))
    if (step > 400) pause(2)
  }
}

function embed(batch) {
  info("catalogue: 18,204,771 items in 71,113 batches")
  for (batch = 1; ; batch++) { say(sprintf("batch %6d/71113  %s", batch, bar(batch / 60, 24))); if (batch > 20) pause(3) }
}

function reward(i) {
  info("reward model, seed 3: 92,858 comparisons")
  for (i = 1; i <= 12; i++) say(sprintf("step %4d  loss %s%.4f%s  accuracy %.3f", i * 50, cyan, 0.69 - i / 60, plain, 0.5 + i / 60))
  warn("Traceback (most recent call last):")
  warn("  File \"/src/reward.py\", line 212, in <module>")
  warn("    main(parse_args())")
  warn("  File \"/src/reward.py\", line 147, in step")
  warn("    loss.backward()")
  warn(red "torch.OutOfMemoryError" plain ": CUDA out of memory. Tried to allocate 2.25 GiB. GPU 0 has a total capacity of 79.15 GiB of which 1.61 GiB is free.")
  exit 1
}

function tokenize(shard) {
  for (shard = 1; shard <= 32; shard++) say(sprintf("shard %2d/32  %s tokens", shard, 410 + int(rand() * 40) " M"))
  info("13.6 B tokens in /data/wiki-tok")
}

function evaluate() {
  say("mmlu        64.1\ngsm8k       51.9\nhellaswag   80.4\narc-c       57.0")
  info(green "done" plain ": results in /ckpt/eval.json")
}
