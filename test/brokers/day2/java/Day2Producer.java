import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The Java producer under the same load: argument 1 is the same JSON that load-process.ts gets, and the journal on stdout has
 * the same lines. It is told `go` and `stop`.
 */
public final class Day2Producer {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int TOO_LARGE = 5000;

  private final JsonNode plan;
  private final boolean transactional;
  private final KafkaProducer<byte[], byte[]> producer;
  private final CountDownLatch go = new CountDownLatch(1);
  private volatile boolean stopped;
  private volatile boolean closing;
  private int accepted;
  private int settled;

  private Day2Producer(JsonNode orders) {
    plan = orders.get("plan");
    Properties properties = new Properties();
    orders.get("java").properties().forEach(entry -> properties.put(entry.getKey(), entry.getValue().asText()));
    transactional = properties.containsKey("transactional.id");
    producer = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
  }

  public static void main(String[] arguments) throws Exception {
    JsonNode orders = JSON.readTree(arguments[0]);
    Day2Producer run = new Day2Producer(orders);
    Thread commands = new Thread(run::listen);
    commands.setDaemon(true);
    commands.start();
    run.ready();
    try {
      run.load(orders.get("rate").asInt());
    } catch (KafkaException failure) { // it was fenced: such a producer takes no more
      System.err.println("ERROR " + failure.getClass().getSimpleName() + ": " + failure.getMessage());
    }
    run.end(Duration.ofMillis(orders.get("drainMs").asLong()));
    System.exit(0);
  }

  private void listen() {
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    try {
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        if (line.equals("go")) go.countDown();
        if (line.equals("stop")) stopped = true;
      }
    } catch (java.io.IOException end) {
      // as if it were closed
    }
    if (!stopped) System.exit(1);
  }

  /** With what it needs to know of its topics, as the others are when they are connected. */
  private void ready() throws InterruptedException {
    if (transactional) producer.initTransactions();
    for (JsonNode topic : plan.get("topics")) producer.partitionsFor(topic.get("name").asText());
    say("ready");
    go.await();
  }

  private void load(int rate) throws InterruptedException {
    long began = System.nanoTime();
    for (int next = 0; !stopped; Thread.sleep(10)) {
      int due = (int) ((System.nanoTime() - began) / 1e9 * rate);
      if (due == next) continue;
      if (transactional) producer.beginTransaction();
      for (; next < due && !stopped; next++) send(next);
      if (transactional) producer.commitTransaction();
    }
  }

  private void send(int id) {
    synchronized (this) {
      accepted++;
    }
    say("accepted", id, System.currentTimeMillis());
    try {
      producer.send(record(id), (metadata, failure) -> settle(id, metadata, failure));
    } catch (KafkaException failure) {
      settle(id, null, failure);
    }
  }

  private void settle(int id, RecordMetadata metadata, Exception failure) {
    if (failure != null && closing) return; // taken back by close(): it has not settled
    synchronized (this) {
      settled++;
    }
    long now = System.currentTimeMillis();
    if (failure == null) say("delivered", id, now, metadata.partition());
    else say("refused", id, now, failure.getClass().getSimpleName() + ": " + failure.getMessage());
  }

  private void end(Duration drain) {
    Thread deadline = new Thread(() -> {
      try {
        Thread.sleep(drain.toMillis());
      } catch (InterruptedException over) {
        return;
      }
      closing = true;
    });
    deadline.setDaemon(true);
    deadline.start();
    producer.close(drain.plusMillis(500));
    synchronized (this) {
      say("ended", accepted - settled);
    }
  }

  private static synchronized void say(Object... entry) {
    try {
      System.out.println(JSON.writeValueAsString(Arrays.asList(entry)));
      System.out.flush();
    } catch (java.io.IOException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  // What follows is plan.ts and poison.ts once more.

  private ProducerRecord<byte[], byte[]> record(int id) {
    JsonNode poison = plan.get("poison");
    boolean isPoison = poison != null && id >= poison.get("from").asInt()
        && (id - poison.get("from").asInt()) % poison.get("every").asInt() == 0;
    List<JsonNode> topics = list(plan.get("topics"));
    JsonNode topic = topics.get(isPoison ? 0 : id % topics.size());
    List<JsonNode> keys = list(topic.get("keys"));
    if (isPoison) keys = keys.subList(0, (keys.size() + 1) / 2);
    int turn = isPoison ? (id - poison.get("from").asInt()) / poison.get("every").asInt() : id / topics.size();
    int partition = turn % keys.size();
    List<JsonNode> own = list(keys.get(partition));
    byte[] key = own.get(turn / keys.size() % own.size()).asText().getBytes(StandardCharsets.UTF_8);
    byte[] value = numbered(id, plan.get("valueBytes").asInt());
    String name = topic.get("name").asText();
    if (!isPoison) return new ProducerRecord<>(name, null, null, key, value);
    switch (poison.get("kind").asText()) {
      case "too large": return new ProducerRecord<>(name, null, null, key, Arrays.copyOf(value, TOO_LARGE));
      case "invalid record": return new ProducerRecord<>(name, partition, null, null, value);
      case "old timestamp": return new ProducerRecord<>(name, null, 1L, key, value);
      case "denied topic": return new ProducerRecord<>(poison.get("forbidden").asText(), null, null, key, value);
      case "missing partition": return new ProducerRecord<>(name, 999, null, key, value);
      default: throw new IllegalArgumentException(poison.toString());
    }
  }

  private static List<JsonNode> list(JsonNode array) {
    List<JsonNode> items = new ArrayList<>();
    array.forEach(items::add);
    return items;
  }

  private static byte[] numbered(int id, int bytes) {
    byte[] text = (id + " ").getBytes(StandardCharsets.US_ASCII);
    byte[] value = Arrays.copyOf(text, Math.max(bytes, text.length));
    Arrays.fill(value, text.length, value.length, (byte) 'x');
    return value;
  }
}
