import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;

/** What kafkajs has no calls for: `BOOTSTRAP scram USER PASSWORD`, `BOOTSTRAP quota BYTES|none`, `BOOTSTRAP elect TOPIC…`. */
public final class Day2Admin {
  public static void main(String[] arguments) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", arguments[0]))) {
      switch (arguments[1]) {
        case "scram": scram(admin, arguments[2], arguments[3]); break;
        case "quota": quota(admin, arguments[2]); break;
        case "elect": elect(admin, List.of(arguments).subList(2, arguments.length)); break;
        default: throw new IllegalArgumentException(arguments[1]);
      }
    }
  }

  private static void scram(Admin admin, String user, String password) throws Exception {
    for (ScramMechanism mechanism : new ScramMechanism[] {ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512}) {
      ScramCredentialInfo info = new ScramCredentialInfo(mechanism, 4096);
      admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(user, info, password))).all().get();
    }
  }

  /** Of each client id that has no quota of its own. */
  private static void quota(Admin admin, String bytes) throws Exception {
    ClientQuotaEntity everybody = new ClientQuotaEntity(Collections.singletonMap(ClientQuotaEntity.CLIENT_ID, null));
    Double rate = bytes.equals("none") ? null : Double.valueOf(bytes);
    var operation = new ClientQuotaAlteration.Op("producer_byte_rate", rate);
    admin.alterClientQuotas(List.of(new ClientQuotaAlteration(everybody, List.of(operation)))).all().get();
  }

  private static void elect(Admin admin, List<String> topics) throws Exception {
    var described = admin.describeTopics(topics).allTopicNames().get();
    Set<TopicPartition> partitions = described.values().stream()
        .flatMap(topic -> topic.partitions().stream().map(one -> new TopicPartition(topic.name(), one.partition())))
        .collect(Collectors.toSet());
    admin.electLeaders(ElectionType.PREFERRED, partitions).partitions().get();
  }
}
